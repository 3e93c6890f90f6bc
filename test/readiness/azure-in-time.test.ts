/** A seal of Azure Key Vault that hangs, step by step: told for what it is before its cluster's time is over. */
import { expect, it } from 'vitest';
import type { SealKeyCalls } from '../../shared/readiness/exercise/azure-key-vault.ts';
import type { AskLeaderSince } from '../../shared/readiness/exercise/leader-since.ts';
import type { AzureSealAccess } from '../../shared/work/rotate/deps.ts';
import { judgeByKeyVault } from '../../shared/work/rotate/judge-azure-seal.ts';
import { ManualClock } from '../fakes/clock.ts';
import { sealOf } from './azure-seal-under-test.ts';

const clusterMs = 45_000;
const never = () => new Promise<never>(() => undefined);
const unlisted = { ok: false, code: 'no-credential', detail: 'not seen' } as const;
const calls: SealKeyCalls = {
  getKey: async () => ({ version: 'v1', enabled: true, recoveryLevel: 'Recoverable' }),
  wrapKey: async (_version, value) => value,
  unwrapKey: async (_version, wrapped) => wrapped,
  versions: async () => [],
};
type Ports = Extract<AzureSealAccess, { ok: true }>['ports'];

async function judged(
  own: Partial<Ports>,
  beside: Partial<Extract<AzureSealAccess, { ok: true }>> = {},
  leaderSince?: AskLeaderSince,
) {
  const clock = new ManualClock();
  const ports: Ports = {
    vault: 'https://kv-unseal.vault.azure.net',
    key: 'unseal',
    indirect: false,
    life: unlisted,
    login: async () => ({ ok: true, value: calls }),
    ...own,
  };
  const azureSeal = async () => ({ ok: true as const, ports, ...beside });
  const random = (bytes: number) => Buffer.alloc(bytes, 1);
  const run = judgeByKeyVault(
    { azureSeal, clock, random },
    sealOf('vault: kv-unseal, key: unseal'),
    leaderSince,
  );
  const state = { isDone: false };
  void run.then(() => {
    state.isDone = true;
  });
  for (let ms = 0; ms < clusterMs && !state.isDone; ms += 500) await clock.advance(500);
  expect(state.isDone).toBe(true);
  return run;
}

it.each<[string, Partial<Ports>]>([
  ['login', { login: never }],
  ['get', { login: async () => ({ ok: true, value: { ...calls, getKey: never, versions: never } }) }],
  ['wrap', { login: async () => ({ ok: true, value: { ...calls, wrapKey: never, versions: never } }) }],
  ['unwrap', { login: async () => ({ ok: true, value: { ...calls, unwrapKey: never, versions: never } }) }],
])('in %s is not ready: a Vault that starts would wait for ever', async (_step, ports) => {
  const { standing, problems } = await judged(ports);
  expect(standing).toMatchObject({
    state: 'not-ready',
    why: expect.stringContaining('did not answer in time'),
  });
  expect(problems[0]?.code).toBe('seal-not-ready');
});

it('in the list of versions alone is ready: only that is unjudged', async () => {
  const value = { ...calls, versions: never };
  const { standing, unjudged } = await judged({ login: async () => ({ ok: true, value }) });
  expect(standing).toEqual({ state: 'ready' });
  expect(unjudged['seal-key-version-at-risk']).toContain('did not answer in time');
});

it('at Microsoft Graph or Azure Resource Manager is ready: what they know is unjudged', async () => {
  const vaultId = '/subscriptions/any';
  const { standing, unjudged } = await judged({}, { secretLife: never, atVault: { vaultId, read: never } });
  expect(standing).toEqual({ state: 'ready' });
  expect(unjudged['seal-secret-expiring']).toBe('graph.microsoft.com did not answer in time');
  expect(unjudged['seal-token-too-wide']).toBe('management.azure.com did not answer in time');
});

it('at its own cluster, where an older version is disabled, is at risk: what it is wrapped with is not seen', async () => {
  const versions = async () => [
    { version: 'v1', enabled: true, createdAt: 2 },
    { version: 'v0', enabled: false, createdAt: 1 },
  ];
  const getKey = async () => ({ version: 'v1', enabled: true, recoveryLevel: 'Recoverable' });
  const value = { ...calls, getKey, versions };
  for (const hangs of [never, async () => Promise.reject(new Error('no'))]) {
    const { standing } = await judged({ login: async () => ({ ok: true, value }) }, {}, hangs);
    expect(standing.state).toBe('at-risk');
  }
});

it('asks its own cluster nothing where every version is enabled', async () => {
  let asked = 0;
  const { standing } = await judged({}, {}, async () => {
    asked += 1;
    return 1;
  });
  expect([standing.state, asked]).toEqual(['ready', 0]);
});
