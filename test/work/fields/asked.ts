/** Fields that change how nodes are reached and asked. */
import { expect } from 'vitest';
import { AccessPool } from '../../../shared/compose/access.ts';
import { systemClock } from '../../../shared/compose/clock.ts';
import { tokenSourceFor } from '../../../shared/compose/logins.ts';
import type { VaultClient } from '../../../shared/vault/client.ts';
import { drip, hang, healthy, healthyBody } from '../../fakes/hostile/behaviours.ts';
import { startEndpoint, startSilence } from '../../fakes/hostile/endpoint.ts';
import { createAuthority, type IssueRequest } from '../../fakes/pki.ts';
import { fleetOf, limits } from '../../fleet/builders.ts';
import { gathering } from '../../probe/gathering.ts';
import { FleetUnderTest } from '../fleet-under-test.ts';
import type { Proof } from './proof.ts';

type Closing = { close(): unknown };

/** The client of the only node of a fleet.yaml, over the network. References are read as their own text. */
async function clientOf(
  open: Closing[],
  address: string,
  lines: { top?: string; tls?: string },
): Promise<VaultClient> {
  const pool = new AccessPool({
    clock: systemClock,
    resolve: async (text) => ({ ok: true, value: references.get(text) ?? text }),
    tokens: () => undefined,
    keepAliveMs: 1000,
  });
  open.push(pool);
  const entry = `  payments: {nodes: ["${address}"]${lines.tls ? `, tls: {${lines.tls}}` : ''}}`;
  const fleet = fleetOf(['version: 1', lines.top ?? '', 'clusters:', entry, ''].join('\n'));
  const [cluster] = fleet.clusters;
  const target = cluster && [...(await pool.access(cluster, fleet)).clients.values()][0];
  if (!target?.ok) throw new Error('no client');
  return target.client;
}

const references = new Map<string, string>();

async function closing(work: (open: Closing[]) => Promise<void>): Promise<void> {
  const open: Closing[] = [];
  try {
    await work(open);
  } finally {
    // Clients first: they are opened last, and a server waits for its connections.
    for (const each of open.toReversed()) await each.close();
  }
}

/** Of two clients that differ in one limit only, the one with the short limit gives up first. */
function givesUpFirst(field: string, start: (open: Closing[]) => Promise<string>): Proof {
  return () =>
    closing(async (open) => {
      const address = await start(open);
      const probe = (own: string) => {
        const all = { connectTimeout: '10s', headersTimeout: '10s', totalTimeout: '10s', [field]: own };
        return `probe: {${Object.entries(all)
          .map(([name, value]) => `${name}: ${value}`)
          .join(', ')}}`;
      };
      // The long limits of the others must not be shorter than the total: that is refused.
      const long = await clientOf(open, address, { top: probe('10s') });
      const short = await clientOf(open, address, { top: shortened(probe, field) });
      const first = await Promise.race([
        long.health().then(() => 'long'),
        short.health().then(() => 'short'),
      ]);
      expect(first).toBe('short');
    });
}

function shortened(probe: (own: string) => string, field: string): string {
  return field === 'totalTimeout'
    ? 'probe: {connectTimeout: 100ms, headersTimeout: 100ms, totalTimeout: 100ms}'
    : probe('100ms');
}

async function served(open: Closing[], behaviour: typeof healthy): Promise<string> {
  const endpoint = await startEndpoint({ behaviour });
  open.push(endpoint);
  return endpoint.address;
}

async function codeOver(
  tls: (authority: { ca: string; spki: string; cert: string }) => string,
  request: Partial<IssueRequest> = {},
  demands = false,
): Promise<string> {
  let code = '';
  await closing(async (open) => {
    const authority = await createAuthority('fields CA');
    const certificate = await authority.issue({ names: ['127.0.0.1'], ...request });
    const client = await authority.issue({ names: ['sealwatch'], clientAuth: true });
    references.set('file:/etc/sealwatch/ca.pem', authority.certPem);
    references.set('file:/etc/sealwatch/client.pem', client.certPem);
    references.set('file:/etc/sealwatch/client-key.pem', client.keyPem);
    const demand = { ca: authority.certPem, requestCert: true, rejectUnauthorized: true };
    const endpoint = await startEndpoint({
      behaviour: healthy,
      certificate,
      ...(demands && { tls: demand }),
    });
    open.push(endpoint);
    const line = tls({ ca: 'ca: file:/etc/sealwatch/ca.pem', spki: certificate.spki, cert: client.certPem });
    const answer = await (await clientOf(open, endpoint.address, { tls: line })).health();
    code = answer.ok ? 'ok' : answer.error.code;
  });
  return code;
}

const asClient =
  'clientCertificate: file:/etc/sealwatch/client.pem, clientKey: file:/etc/sealwatch/client-key.pem';

/** Only both together let anybody in; fleet.yaml refuses one without the other. */
const clientCertificate: Proof = async () => {
  expect(await codeOver(({ ca }) => ca, {}, true)).not.toBe('ok');
  expect(await codeOver(({ ca }) => `${ca}, ${asClient}`, {}, true)).toBe('ok');
};

async function raftOf(login: string, env: Record<string, string>) {
  const fleet = new FleetUnderTest({ clusters: { payments: { yaml: `login: ${login}` } }, env });
  fleet.simulation().addLogin('role', 'secret-id');
  if (env.SECRET_TOKEN === 'root') fleet.env.SECRET_TOKEN = fleet.simulation().keys.rootToken;
  const { raft } = await fleet.passTime((await gathering(fleet)).gather());
  return { fleet, ok: raft.read && raft.configuration.ok };
}

const approle = (roleId: string, mount = 'approle') =>
  `{method: approle, mount: ${mount}, roleId: ${roleId}, secretId: "env:SECRET_ID"}`;

/** What the app's Azure identity was asked for by a JWT login. */
async function identityAskedBy(login: string): Promise<(string | undefined)[]> {
  const asked: (string | undefined)[] = [];
  const fleet = fleetOf(
    `version: 1\nclusters: {payments: {nodes: ["http://127.0.0.1:1"], login: ${login}}}\n`,
    limits(),
  );
  const [cluster] = fleet.clusters;
  const source =
    cluster &&
    tokenSourceFor(
      cluster,
      async (value) => ({ ok: true, value }),
      async (clientId) => ({
        async getToken(scopes) {
          asked.push(clientId, String(scopes));
          return { token: 'an assertion', expiresOnTimestamp: 0 };
        },
      }),
      systemClock,
    );
  const refused = {
    ok: false,
    ms: 0,
    error: { code: 'http', message: 'refused', recoverable: false },
  } as const;
  await source?.token({
    address: 'http://127.0.0.1:1',
    login: async () => refused,
    renewSelf: async () => refused,
  });
  return asked;
}

const leakScan = {
  file: 'test/leaks/all-that-leaves.test.ts',
  title: 'looks at a fleet that uses every secret',
};

export const askedFields: Record<string, Proof> = {
  'probe.connectTimeout': givesUpFirst('connectTimeout', async (open) => {
    const silence = await startSilence();
    open.push(silence);
    return `https://127.0.0.1:${silence.port}`;
  }),
  'probe.headersTimeout': givesUpFirst('headersTimeout', (open) => served(open, hang)),
  'probe.totalTimeout': givesUpFirst('totalTimeout', (open) => served(open, drip)),
  'probe.deadline': {
    file: 'test/probe/gather.test.ts',
    title: 'leaves nodes unjudged that nobody had time to ask',
  },
  'probe.concurrency': {
    file: 'test/probe/gather.test.ts',
    title: 'never more at once than the concurrency while nodes answer',
  },
  'probe.confirmAfter': {
    file: 'test/probe/gather.test.ts',
    title: 'is asked again no sooner than confirmAfter says',
  },
  'probe.maxResponseBytes': () =>
    closing(async (open) => {
      const body = JSON.stringify({ ...healthyBody, padding: 'x'.repeat(2000) });
      const address = await served(open, (_request, response) => response.end(body));
      expect(await (await clientOf(open, address, {})).health()).toMatchObject({ ok: true });
      const small = await clientOf(open, address, { top: 'probe: {maxResponseBytes: 1024}' });
      expect(await small.health()).toMatchObject({ ok: false, error: { code: 'too-large' } });
    }),
  'clusters.*.nodes[].address': async () => {
    const fleet = new FleetUnderTest();
    await (await gathering(fleet)).gather();
    expect(fleet.asked.map(({ node }) => node)).toEqual(expect.arrayContaining(['payments-1', 'payments-3']));
    fleet.yaml = fleet.yaml.replaceAll(/:820[24]"/g, ':8200"').replaceAll(/.*payments-[23].*\n/g, '');
    fleet.asked.length = 0;
    await (await gathering(fleet)).gather();
    expect(new Set(fleet.asked.map(({ node }) => node))).toEqual(new Set(['payments-1']));
  },
  'clusters.*.tls.ca': async () => {
    expect(await codeOver(() => '')).toBe('tls-untrusted');
    expect(await codeOver(({ ca }) => ca)).toBe('ok');
  },
  'clusters.*.tls.clientCertificate': clientCertificate,
  'clusters.*.tls.clientKey': clientCertificate,
  'clusters.*.tls.serverName': async () => {
    const other = { names: ['vault.test'] };
    expect(await codeOver(({ ca }) => ca, other)).toBe('tls-name');
    expect(await codeOver(({ ca }) => `${ca}, serverName: vault.test`, other)).toBe('ok');
  },
  'clusters.*.tls.pins': async () => {
    expect(await codeOver(({ ca, spki }) => `${ca}, pins: ["${spki}"]`)).toBe('ok');
    const another = '47DEQpj8HBSa+/TImW+5JCeuQeRkm5NMpJWZG3hSuFU=';
    expect(await codeOver(({ ca }) => `${ca}, pins: ["${another}"]`)).toBe('tls-untrusted');
  },
  'clusters.*.login.method': leakScan,
  'clusters.*.login.mount': async () => {
    const { fleet } = await raftOf(approle('role', 'teams/core'), { SECRET_ID: 'secret-id' });
    expect(fleet.counts()).toMatchObject({ 'POST auth/teams/core/login': 1 });
  },
  'clusters.*.login.role': leakScan,
  'clusters.*.login.audience': async () => {
    const login = '{method: jwt, role: probe, audience: "api://vault-payments"}';
    expect(await identityAskedBy(login)).toEqual([undefined, 'api://vault-payments/.default']);
  },
  'clusters.*.login.clientId': async () => {
    const id = '3f2504e0-4f89-41d3-9a0c-0305e82c3301';
    const login = `{method: jwt, role: probe, audience: "api://vault", clientId: ${id}}`;
    expect((await identityAskedBy(login))[0]).toBe(id);
  },
  'clusters.*.login.roleId': async () => {
    expect((await raftOf(approle('role'), { SECRET_ID: 'secret-id' })).ok).toBe(true);
    expect((await raftOf(approle('another'), { SECRET_ID: 'secret-id' })).ok).toBe(false);
  },
  'clusters.*.login.secretId': async () => {
    expect((await raftOf(approle('role'), { SECRET_ID: 'secret-id' })).ok).toBe(true);
    expect((await raftOf(approle('role'), { SECRET_ID: 'another-id' })).ok).toBe(false);
  },
  'clusters.*.login.token': async () => {
    const login = '{method: token, token: "env:SECRET_TOKEN"}';
    expect((await raftOf(login, { SECRET_TOKEN: 'root' })).ok).toBe(true);
    expect((await raftOf(login, { SECRET_TOKEN: 'hvs.another' })).ok).toBe(false);
  },
};
