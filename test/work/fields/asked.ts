/** Fields that change how nodes are reached and asked. */
import { expect } from 'vitest';
import { AccessPool } from '../../../shared/compose/access.ts';
import { systemClock } from '../../../shared/compose/clock.ts';
import { composeWatch } from '../../../shared/compose.ts';
import type { VaultClient } from '../../../shared/vault/client.ts';
import { sweep } from '../../../shared/work/sweep.ts';
import { drip, hang, healthy, healthyBody } from '../../fakes/hostile/behaviours.ts';
import { startEndpoint, startSilence } from '../../fakes/hostile/endpoint.ts';
import { createAuthority, type IssueRequest } from '../../fakes/pki.ts';
import { memoryState } from '../../fakes/state/memory.ts';
import type { SimulationOptions } from '../../fakes/vault/simulation.ts';
import { fleetOf } from '../../fleet/builders.ts';
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

const slowMs = 200;

/** Nine nodes that take their time, swept once. */
async function slowFleet(top: string): Promise<FleetUnderTest> {
  const fleet = new FleetUnderTest({ top, clusters: { payments: { nodes: 9 } } });
  const { gather } = await gathering(fleet);
  for (const { name } of fleet.simulation().state.nodes)
    fleet.simulation().apply({ kind: 'faults', node: name, faults: { latencyMs: slowMs } });
  await fleet.passTime(gather());
  return fleet;
}

/** What the second sweep of a cluster asks of it. */
async function askedAgain(own: string, options: SimulationOptions = {}): Promise<Record<string, number>> {
  const login = 'login: {method: approle, roleId: role, secretId: "env:SECRET_ID"}';
  const clusters = { payments: { ...options, yaml: `${login}\n${own}` } };
  const fleet = new FleetUnderTest({ clusters, env: { SECRET_ID: 'secret-id' } });
  fleet.simulation().addLogin('role', 'secret-id');
  await fleet.sweep();
  const before = fleet.asked.length;
  await fleet.sweep(60_000);
  return fleet.counts(before);
}

export const askedFields: Record<string, Proof> = {
  'probe.connectTimeout': givesUpFirst('connectTimeout', async (open) => {
    const silence = await startSilence();
    open.push(silence);
    return `https://127.0.0.1:${silence.port}`;
  }),
  'probe.headersTimeout': givesUpFirst('headersTimeout', (open) => served(open, hang)),
  'probe.totalTimeout': givesUpFirst('totalTimeout', (open) => served(open, drip)),
  'probe.deadline': async () => {
    const asked = async (deadline: string) => {
      const limits = 'totalTimeout: 1s, headersTimeout: 1s, connectTimeout: 1s, concurrency: 1';
      const fleet = await slowFleet(`probe: {${limits}, deadline: ${deadline}}`);
      return new Set(fleet.asked.map(({ node }) => node)).size;
    };
    expect(await asked('20s')).toBe(9);
    expect(await asked('1s')).toBeLessThan(9);
  },
  'probe.concurrency': async () => {
    const atOnce = async (concurrency: number) => {
      const fleet = await slowFleet(`probe: {concurrency: ${concurrency}}`);
      const times = fleet.asked.filter(({ what }) => what === 'GET sys/health').map(({ at }) => at);
      return Math.max(
        ...times.map((at) => times.filter((other) => other <= at && other > at - slowMs).length),
      );
    };
    expect([await atOnce(2), await atOnce(4)]).toEqual([2, 4]);
  },
  'probe.confirmAfter': async () => {
    const pause = async (confirmAfter: string) => {
      const fleet = new FleetUnderTest({ top: `probe: {confirmAfter: ${confirmAfter}}` });
      const { gather } = await gathering(fleet);
      fleet.simulation().apply({ kind: 'faults', node: 'payments-2', faults: { reset: true } });
      await fleet.passTime(gather());
      const [first, second] = fleet.asked.filter(({ node }) => node === 'payments-2').map(({ at }) => at);
      return (second ?? 0) - (first ?? 0);
    };
    const [short, long] = [await pause('1s'), await pause('4s')];
    expect([short >= 1000, short < 4000, long >= 4000]).toEqual([true, true, true]);
  },
  'probe.warmNodes': () =>
    closing(async (open) => {
      const opened = async (warmNodes: number) => {
        const node = await startEndpoint({ behaviour: healthy });
        open.push(node);
        const fleet = fleetOf(
          `version: 1\nprobe: {warmNodes: ${warmNodes}}\nclusters: {payments: {nodes: ["${node.address}"]}}\n`,
        );
        const env = { SEALWATCH_STORAGE: 'UseDevelopmentStorage=true' };
        const state = memoryState();
        const deps = composeWatch(env, { state, write: () => undefined });
        for (let sweeps = 0; sweeps < 3; sweeps += 1) {
          const { failed } = await sweep({ ...deps, loadFleet: async () => ({ fleet, problems: [] }) });
          expect(failed).toEqual([]);
        }
        return node.connections.length;
      };
      expect([await opened(0), await opened(1)]).toEqual([3, 1]);
    }),
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
  'clusters.*.expect.storage': async () => {
    const raft = 'GET sys/storage/raft/autopilot/state';
    expect(await askedAgain('')).toHaveProperty([raft]);
    expect(await askedAgain('expect: {storage: consul}')).not.toHaveProperty([raft]);
  },
  'clusters.*.seal.type': async () => {
    const backend = 'GET sys/seal-backend-status';
    expect(await askedAgain('')).not.toHaveProperty([backend]);
    const auto = await askedAgain('seal: {type: azurekeyvault}', { seal: 'azurekeyvault' });
    expect(auto).toHaveProperty([backend]);
  },
};
