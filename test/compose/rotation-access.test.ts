/** The rotate app as it is composed, for rotations: a transit token at a provider, a file as sink, a consumer that is unseen. */
import { mkdtempSync, readdirSync, readFileSync, realpathSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { stringify } from 'yaml';
import { composeRotate } from '../../shared/compose/rotate.ts';
import type { Cluster } from '../../shared/fleet/fleet.ts';
import type { Person } from '../../shared/people/person.ts';
import type { KindName } from '../../shared/rotation/rotation.ts';
import type { RotateDeps } from '../../shared/work/rotate/deps.ts';
import { confirmRotation, runRotation } from '../../shared/work/rotate/respond-rotation.ts';
import { takeTurns } from '../../shared/work/rotate/turn.ts';
import { leaks } from '../fakes/hostile/disguises.ts';
import { createAuthority, type IssuedCertificate, type TestAuthority } from '../fakes/pki.ts';
import { type MemoryRotateState, memoryRotateState } from '../fakes/state/rotate-memory.ts';
import { startFakeProvider } from '../rotation/kinds/transit-under-test.ts';

const ada: Person = { id: 't/ada', name: 'Ada', roles: ['Sealwatch.Operate', 'Sealwatch.Approve'] };

let authority: TestAuthority;
let certificate: IssuedCertificate;
let provider: Awaited<ReturnType<typeof startFakeProvider>>;
let folder: string;
let path: string;
let state: MemoryRotateState;
let lines: string[];
let env: Record<string, string>;

beforeAll(async () => {
  authority = await createAuthority('Provider CA');
  certificate = await authority.issue({ names: ['127.0.0.1'] });
});
beforeEach(async () => {
  provider = await startFakeProvider(certificate, authority.certPem);
  folder = realpathSync(mkdtempSync(join(tmpdir(), 'sealwatch-rotation-')));
  path = join(folder, 'token');
  writeFileSync(path, `${provider.seal}\n`, { mode: 0o600 });
  state = memoryRotateState();
  lines = [];
  env = {
    SEALWATCH_FLEET: join(folder, 'fleet.yaml'),
    SEALWATCH_STORAGE: 'UseDevelopmentStorage=true',
    SEALWATCH_FILE_ROOT: folder,
    SEALWATCH_SINK_ROOT: folder,
    SEALWATCH_SEAL_VAULTS: 'https://kv-seals.vault.azure.net',
    SEALWATCH_SECRET_OWN: provider.own,
  };
});
afterEach(async () => {
  await provider.close();
  rmSync(folder, { recursive: true });
});

interface Over {
  seal?: Record<string, unknown>;
  rotation?: Record<string, unknown>;
  payments?: Record<string, unknown>;
}

async function composed({ seal = {}, rotation = {}, payments = {} }: Over = {}) {
  const [node] = provider.nodes;
  const clusters = {
    root: {
      nodes: [node?.endpoint.address],
      tls: { ca: authority.certPem },
      rotateLogin: { method: 'token', token: 'env:SEALWATCH_SECRET_OWN' },
    },
    payments: {
      // Nobody listens there.
      nodes: [{ name: 'payments-0', address: 'https://127.0.0.1:1' }],
      seal: { type: 'transit', provider: 'root', key: 'payments', token: `file:${path}`, ...seal },
      rotation: {
        token: { role: 'seal-payments' },
        transitKey: { every: '365d' },
        sinks: { disk: { kind: 'file', path } },
        grace: '1h',
        ...rotation,
      },
      ...payments,
    },
    cloud: {
      nodes: ['https://127.0.0.2:1'],
      seal: {
        type: 'azurekeyvault',
        vault: 'kv-seals',
        key: 'cloud',
        tenant: '8c1f7a52-0d3e-4b7a-9a54-5d2f1c3e7b90',
        clientId: 'b7e6a1d4-52c9-4f0e-8f3b-2a9c6d0e4f11',
        clientSecret: `file:${join(folder, 'secret')}`,
      },
      rotation: {
        secret: { application: '5d0c2f7e-91ab-4c3d-8e6f-7a1b2c3d4e5f' },
        sinks: { disk: { kind: 'file', path: join(folder, 'secret') } },
      },
    },
  };
  writeFileSync(env['SEALWATCH_FLEET'] ?? '', stringify({ version: 1, clusters }));
  const { deps } = composeRotate(env, {
    state,
    generations: async () => ({ rows: [], unreadable: [] }),
    recoveries: async () => ({ rows: [], unreadable: [] }),
    hold: async () => undefined,
    write: (line) => lines.push(line),
  });
  const { fleet } = await deps.loadFleet();
  const cluster = (name: string): Cluster => {
    const found = fleet.clusters.find((one) => one.name === name);
    if (!found) throw new Error(`no cluster ${name}`);
    return found;
  };
  return { deps, fleet, cluster };
}

async function access(kind: KindName, over: Over = {}, name = 'payments') {
  const { deps, fleet, cluster } = await composed(over);
  const opened = await deps.rotation(fleet, cluster(name), kind);
  if (opened.ok) await opened.close();
  return opened;
}

async function valueOf(kind: KindName, name = 'payments', over: Over = {}) {
  const opened = await access(kind, over, name);
  if (!opened.ok) throw new Error(opened.why);
  const read = await opened.value();
  return read.ok ? read.value?.toString() : read;
}

describe('what a credential is rotated with', () => {
  it.each<[KindName, string, string[]]>([
    ['transit-token', 'payments', ['disk']],
    ['transit-key', 'payments', []],
    ['entra-secret', 'cloud', ['disk']],
  ])('of %s is its kind and its sinks, and nobody is asked for anything yet', async (kind, name, sinks) => {
    const opened = await access(kind, {}, name);
    expect(opened.ok && [opened.kind.name, opened.sinks.map((sink) => sink.name)]).toEqual([kind, sinks]);
    expect(provider.asked()).toEqual([[]]);
  });

  it.each<[string, KindName, string, () => void, string]>([
    ['another seal', 'entra-secret', 'payments', () => undefined, 'payments has no azurekeyvault seal'],
    ['another seal', 'transit-key', 'cloud', () => undefined, 'cloud has no transit seal'],
    [
      'a file outside the settings',
      'transit-token',
      'payments',
      () => delete env['SEALWATCH_SINK_ROOT'],
      'clusters.payments.rotation.sinks.disk.path: no file is written by this deployment (setting SEALWATCH_SINK_ROOT',
    ],
    [
      'a key that may not be tried',
      'keyvault-key',
      'cloud',
      () => delete env['SEALWATCH_SEAL_VAULTS'],
      'rotation.vaultKey is not in fleet.yaml',
    ],
    [
      'a vault outside the settings',
      'entra-secret',
      'cloud',
      () => delete env['SEALWATCH_SEAL_VAULTS'],
      'SEALWATCH_SEAL_VAULTS',
    ],
  ])('is refused for %s (%s of %s), and says what to mend', async (_what, kind, name, prepare, why) => {
    prepare();
    expect(await access(kind, {}, name)).toEqual({ ok: false, why: expect.stringContaining(why) as string });
    expect(provider.asked()).toEqual([[]]);
  });

  it('sends a token to no host that the deployment does not list', async () => {
    const opened = await access('transit-token', { seal: { address: 'https://collector.example.net' } });
    expect(opened).toEqual({
      ok: false,
      why: expect.stringContaining('collector.example.net is not among the hosts') as string,
    });
  });
});

describe('what the next restart would read', () => {
  it('is of a token without the white space that files add, of a client secret exactly', async () => {
    expect(await valueOf('transit-token')).toBe(provider.seal);
    writeFileSync(join(folder, 'secret'), 'a~secret\n', { mode: 0o600 });
    expect(await valueOf('entra-secret', 'cloud')).toBe('a~secret\n');
    expect(await valueOf('transit-key')).toBeUndefined();
  });

  it('is nothing where there is nothing, or white space alone', async () => {
    expect(await valueOf('entra-secret', 'cloud')).toBeUndefined();
    writeFileSync(path, ' \n');
    expect(await valueOf('transit-token')).toBeUndefined();
  });

  it('is refused outside the limits, in words that name the field', async () => {
    delete env['SEALWATCH_FILE_ROOT'];
    expect(await valueOf('transit-token')).toEqual({
      ok: false,
      code: 'outside-limits',
      detail: expect.stringMatching(/^seal\.token: file:/) as string,
    });
  });
});

describe('a consumer', () => {
  const rotateLogin = { method: 'token', token: 'env:SEALWATCH_SECRET_OWN' };

  it('that does not answer is unseen, and nobody is told to step down', async () => {
    const { deps, cluster } = await composed({ payments: { rotateLogin } });
    expect(await deps.sight(cluster('payments'))).toEqual({
      cluster: 'payments',
      nodes: [{ node: 'payments-0', unseen: expect.stringContaining('(refused)') as string }],
      leaderUnseen: 'no node says that it leads, and payments-0 did not answer',
    });
    expect(await deps.stepDown(cluster('payments'))).toEqual({
      ok: false,
      code: 'unreachable',
      detail: 'no node of payments says that it leads: nothing was told to step down',
    });
  });

  it('whose CA cannot be read is asked for nothing', async () => {
    const { deps, cluster } = await composed({
      payments: { rotateLogin, tls: { ca: 'env:SEALWATCH_SECRET_NONE' } },
    });
    const why = expect.stringContaining('tls.ca of fleet.yaml cannot be read') as string;
    expect(await deps.sight(cluster('payments'))).toEqual({
      cluster: 'payments',
      nodes: [{ node: 'payments-0', unseen: why }],
      leaderUnseen: why,
    });
    expect(await deps.stepDown(cluster('payments'))).toEqual({
      ok: false,
      code: 'not-configured',
      detail: why,
    });
  });

  it('without a login for rotate is not told to step down', async () => {
    const { deps, cluster } = await composed();
    expect(await deps.stepDown(cluster('payments'))).toMatchObject({
      code: 'not-configured',
      detail: 'clusters.payments has no rotateLogin in fleet.yaml',
    });
  });
});

it('a token is made, tried, delivered to the file, and read back; the one before is left, as it is people’s own', async () => {
  const { deps } = await composed();
  const begun = await runRotation(deps, 'payments', 'transit-token', ada, 'a test');
  expect(begun).toMatchObject({
    ok: true,
    value: {
      stage: 'verified',
      sinks: [{ name: 'disk', holds: 'the new one' }],
      waiting: {
        what: expect.stringContaining("a person's word that payments/payments-0 restarted") as string,
      },
    },
  });
  const fresh = readFileSync(path, 'utf8');
  expect(provider.fake.tokens.has(fresh)).toBe(true);
  expect(fresh).not.toBe(provider.seal);
  expect(readFileSync(`${path}.previous`, 'utf8')).toBe(provider.seal);
  const id = begun.ok ? begun.value.id : '';
  expect(await confirmRotation(deps, id, ada, 'I restarted it')).toMatchObject({ ok: true });
  const later = Date.now() + 2 * 3_600_000;
  const afterGrace: RotateDeps = { ...deps, clock: { ...deps.clock, now: () => later } };
  await takeTurns(deps, 'payments');
  await takeTurns(afterGrace, 'payments');
  expect(state.everyRotation()).toMatchObject([{ status: 'ended', ended: { outcome: 'retired' } }]);
  expect(provider.fake.tokens.has(provider.seal)).toBe(true);
  expect(readdirSync(folder).filter((name) => name.startsWith('token'))).toEqual(['token']);
  const all = { rows: state.everyRotation(), lines, audited: state.audited, begun };
  expect(leaks(all, [fresh, provider.seal, provider.own])).toEqual([]);
});
