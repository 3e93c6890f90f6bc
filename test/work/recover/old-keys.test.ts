/** Which key version may be disabled after a rewrap, and what exactly needs it where it may not. */
import { beforeEach, describe, expect, it } from 'vitest';
import { describeListed, listEscrow } from '../../../shared/work/escrow/list.ts';
import { keepEscrow, keepNow } from '../../../shared/work/recover/upkeep.ts';
import { errorOf, type MemoryCustodian } from '../../escrow/build.ts';
import { ada, type RecoveryOptions, RecoveryUnderTest } from './recovery-under-test.ts';

let world: RecoveryUnderTest;
let a: MemoryCustodian;
let old: string;
const open = async (options: RecoveryOptions = {}) => {
  world = await new RecoveryUnderTest({ policy: 'manual', ...options }).ready();
  a = world.custodians.get('a') as MemoryCustodian;
  old = a.keyId;
};
beforeEach(() => open());

const rewrap = async (cluster = 'payments') => {
  const kept = await keepNow(world.process(), cluster, ada, { verifyOnly: false });
  if (!kept.ok) throw new Error(kept.message);
  return kept.value.oldKeys;
};
const listed = async () => (await listEscrow(world.process())).flatMap(describeListed).join('\n');
const logged = () =>
  world.logged
    .map((line) => JSON.parse(line) as { event: string })
    .filter(({ event }) => /key-version/.test(event));
const proven = async (cluster = 'payments') => {
  const row = await world.state.generations.newest(cluster);
  if (row) await world.state.generations.save({ ...row.value, provenAt: world.clock.now() }, row.etag);
};

describe('after a rewrap, the old version of the key', () => {
  it('is no longer needed: the person is told which custodian, key and version, and so is the log', async () => {
    expect(await rewrap()).toEqual([]);
    a.version = 2;
    expect(await rewrap()).toEqual([{ custodian: 'a', keyId: old, neededBy: [] }]);
    const [key, version] = ['https://a.vault.azure.net/keys/escrow', '0'.repeat(31)];
    expect(await listed()).toContain(`custodian "a": version ${version}1 of ${key} is no longer needed`);
    await keepEscrow(world.process());
    expect(logged()).toMatchObject([
      { event: 'escrow-key-version-not-needed', cluster: 'payments', custodian: 'a', version: old },
    ]);
  });

  it('stays on view, with those before it, until somebody disabled it or deleted it', async () => {
    a.version = 2;
    await rewrap();
    const second = a.keyId;
    a.version = 3;
    expect((await rewrap()).map(({ keyId }) => keyId)).toEqual([old, second]);
    const facts = (version: string) => (_call: string, keyId?: string) =>
      keyId === version ? errorOf('key-deleted') : undefined;
    a.failing = facts(old);
    expect((await rewrap()).map(({ keyId }) => keyId)).toEqual([second]);
    // Whoever cannot be asked may still have it.
    a.failing = (_call, keyId) => (keyId === second ? errorOf('unavailable') : undefined);
    expect((await rewrap()).map(({ keyId }) => keyId)).toEqual([second]);
    a.failing = () => undefined;
    a.state = { enabled: false };
    await rewrap();
    expect(await listed()).not.toContain(second);
  });

  it('is needed by another cluster that shares the key, until that is rewrapped too', async () => {
    await open({ neighbour: true });
    a.version = 2;
    expect(await rewrap()).toMatchObject([
      {
        keyId: old,
        neededBy: [expect.stringMatching(/^generation 1\.1 of orders, .*rewrap --cluster orders$/)],
      },
    ]);
    expect(await listed()).toMatch(/still needed by generation 1\.1 of orders/);
    await rewrap('orders');
    expect(await rewrap()).toMatchObject([{ keyId: old, neededBy: [] }]);
  });

  it('is needed for the way back until the generation in use is proven', async () => {
    await proven();
    await world.escrow();
    a.version = 2;
    const back = /^generation 1\.1 of payments, which an approver may go back to until 2\.2|^the blob/;
    const [key] = await rewrap();
    expect(key).toMatchObject({ keyId: old });
    expect(key?.neededBy).toHaveLength(2);
    for (const need of key?.neededBy ?? []) expect(need).toMatch(back);
    await proven();
    const [after] = await rewrap();
    expect(after?.neededBy).toEqual([
      'the blob payments/0001.0001.json, for a snapshot of payments from the time when generation 1 was its key',
    ]);
    world.state.blobs.delete('payments/0001.0001.json');
    expect(await rewrap()).toMatchObject([{ keyId: old, neededBy: [] }]);
  });

  it('is needed, for all that anybody knows, by what cannot be read', async () => {
    await open({ neighbour: true });
    a.version = 2;
    world.state.blobs.set('orders/0001.0001.json', Buffer.from('{}'));
    expect(await rewrap()).toMatchObject([
      { keyId: old, neededBy: [expect.stringMatching(/^perhaps orders: the blob .* is not the one/)] },
    ]);
    world.state.damage('generations', { partitionKey: 'orders', rowKey: 'newest' }, 'damaged');
    expect(await rewrap()).toMatchObject([
      {
        neededBy: [
          'perhaps orders: damaged',
          expect.stringMatching(/^perhaps orders: the blob .* cannot be/),
        ],
      },
    ]);
  });

  it('is in use again after a way back to what it wrapped', async () => {
    await proven();
    a.version = 2;
    await world.escrow();
    expect(await listed()).toContain('still needed by');
    const { goBack } = await import('../../../shared/work/recover/accept.ts');
    const grace = { ...ada, id: 'tid/grace' };
    await goBack(world.process(), 'payments', grace, { generation: 1, revision: 1 });
    const row = (await world.state.generations.newest('payments'))?.value;
    expect(row?.oldKeys?.map(({ keyId }) => keyId)).toEqual([a.keyId]);
  });
});
