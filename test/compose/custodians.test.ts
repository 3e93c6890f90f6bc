import { expect, it } from 'vitest';
import { custodiansBy } from '../../shared/compose/custodians.ts';
import type { Credential } from '../../shared/compose/state.ts';
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
