import { Agent } from 'node:https';
import { expect, it } from 'vitest';
import { custodiansBy } from '../../shared/compose/custodians.ts';
import type { Credential } from '../../shared/compose/state.ts';
import { InstantClock } from '../escrow/build.ts';
import { startKeyVaults } from '../fakes/keyvault/server.ts';
import { RecoveryUnderTest } from '../work/recover/recovery-under-test.ts';

it('a custodian that cannot be made is left out and told, and is tried anew', async () => {
  let asked = 0;
  const credential = (async () => {
    asked += 1;
    if (asked === 1) throw new Error('the endpoint of the identity is not up yet');
    return { getToken: async () => null };
  }) as unknown as Credential;
  const failed: string[] = [];
  const custodians = custodiansBy({
    resolve: async (value) => ({ ok: true, value }),
    credential,
    onFailure: (custodian) => failed.push(custodian),
  });
  const { cluster } = new RecoveryUnderTest();
  const names = cluster.escrow.custodians.map(({ name }) => name);
  const first = [...(await custodians(cluster)).keys()];
  expect(first).toHaveLength(names.length - 1);
  expect(failed).toEqual(names.filter((name) => !first.includes(name)));
  expect([...(await custodians(cluster)).keys()]).toEqual(names);
});

it('all custodians of a vault keep one pace together: a burst goes out, then Key Vault is waited for', async () => {
  const fake = await startKeyVaults(['alpha']);
  try {
    await Promise.all(['first', 'second'].map((key) => fake.vault('alpha').rotate(key)));
    const clock = new InstantClock();
    const agent = new Agent({ ...fake.agent.options, keepAlive: true, maxSockets: 20 });
    const custodians = custodiansBy({
      resolve: async (value) => ({ ok: true, value }),
      credential: async () => fake.credential,
      keyVault: { agent },
      clock,
    });
    const { cluster } = new RecoveryUnderTest();
    const entries = ['first', 'second'].map((name) => ({
      name,
      kind: 'keyVault' as const,
      key: fake.vault('alpha').key(name),
      shares: [],
    }));
    const made = await custodians({ ...cluster, escrow: { custodians: entries } });
    const { signal } = new AbortController();
    const ask = (times: number) =>
      Promise.all(
        [...made.values()].flatMap((custodian) =>
          Array.from({ length: times }, () => custodian.facts(undefined, signal)),
        ),
      );
    const burst = await ask(199);
    expect(clock.slept).toEqual([]);
    const more = await ask(11);
    expect(clock.slept.length).toBeGreaterThanOrEqual(20);
    expect([...burst, ...more].every(({ ok }) => ok)).toBe(true);
    agent.destroy();
  } finally {
    await fake.close();
  }
});
