/** A key whose older versions are shut: what that means is told by since when the cluster itself has its leader. */
import { beforeEach, expect, it } from 'vitest';
import type { SealKeyCalls } from '../../../shared/readiness/exercise/azure-key-vault.ts';
import { readyFleet } from '../../../shared/work/rotate/ready.ts';
import { good, never, type SealsUnderTest, sealsUnderTest, working } from './seals-under-test.ts';

const text = `
version: 1
clusters:
  payments: {nodes: ["https://payments-0:8200"], seal: {type: transit, provider: hub, key: payments}}
  cloud: {nodes: ["https://cloud-0:8200"], seal: {type: azurekeyvault}}
  hub: {nodes: ["https://hub-0:8200"]}
`;
const hour = 3_600_000;

let under: SealsUnderTest;
let asked: string[];
let madeAt: number;
beforeEach(() => {
  under = sealsUnderTest(text);
  asked = [];
  madeAt = under.clock.now() - hour;
  const keys = { 2: madeAt / 1000 };
  under.nodes.payments = () => ({
    ...working(),
    key: () => good({ latest_version: 2, min_decryption_version: 2, deletion_allowed: false, keys }),
  });
  const newest = { version: 'v2', enabled: true, createdAt: madeAt, recoveryLevel: 'Recoverable' };
  const calls: SealKeyCalls = {
    getKey: async () => newest,
    wrapKey: async (_version, value) => value,
    unwrapKey: async (_version, wrapped) => wrapped,
    versions: async () => [newest, { version: 'v1', enabled: false, createdAt: 0, updatedAt: madeAt + 1 }],
  };
  under.deps.azureSeal = async () => ({
    ok: true,
    ports: {
      vault: 'https://kv-unseal.vault.azure.net',
      key: 'unseal',
      indirect: false,
      login: async () => ({ ok: true, value: calls }),
      life: { ok: false, code: 'no-credential', detail: 'not seen' },
    },
  });
});

function leadsSince(at: number): void {
  under.deps.sight = async ({ name: cluster }) => {
    asked.push(cluster);
    return { cluster, nodes: [], leaderSince: at };
  };
}

it('a leader from before the oldest version left: the cluster is not ready, and whoever it unseals is asked, not its provider', async () => {
  leadsSince(madeAt - hour);
  await readyFleet(under.deps);
  expect(await under.standings()).toMatchObject({ payments: 'not-ready', cloud: 'not-ready' });
  expect(asked.toSorted()).toEqual(['cloud', 'payments']);
  const found = await under.rowOf('payments');
  expect(found?.problems.map(({ code }) => code)).toEqual(['seal-not-ready']);
});

it('a leader that is not seen, and sight that fails or hangs: at risk, within the time of a cluster', async () => {
  for (const sight of [
    async () => Promise.reject(new Error('no')),
    never,
    async () => ({ cluster: '', nodes: [], leaderUnseen: 'no node says that it leads' }),
  ]) {
    under.deps.sight = sight;
    const run = readyFleet(under.deps);
    await under.passing(44_999);
    await run;
    expect(await under.standings()).toMatchObject({ payments: 'at-risk', cloud: 'at-risk' });
    expect((await under.rowOf('payments'))?.unjudged).toHaveProperty('seal-not-ready');
  }
});
