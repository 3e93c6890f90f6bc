/** A replaced generation opens snapshots from before a rekey: the key versions of its blobs stay needed, of any cluster. */
import { beforeEach, describe, expect, it } from 'vitest';
import { describeListed, listEscrow } from '../../../shared/work/escrow/list.ts';
import { needsOf } from '../../../shared/work/recover/key-needs.ts';
import { keepEscrow, keepNow } from '../../../shared/work/recover/upkeep.ts';
import type { MemoryCustodian } from '../../escrow/build.ts';
import { fleetOf } from './fleet-text.ts';
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

const neededBy = async (deps = world.process()) => {
  const kept = await keepNow(deps, 'payments', ada, { verifyOnly: false });
  if (!kept.ok) throw new Error(kept.message);
  return kept.value.oldKeys.find(({ keyId }) => keyId === old)?.neededBy;
};
const proven = async (cluster = 'payments') => {
  const row = await world.state.generations.newest(cluster);
  if (row) await world.state.generations.save({ ...row.value, provenAt: world.clock.now() }, row.etag);
};
/** Imported under the second version of the key, after a rekey; only a blob speaks for the first version then. */
const rekeyed = async (cluster = 'payments') => {
  await proven(cluster);
  a.version = 2;
  const entry = fleetOf(world.yaml, world.holdings).clusters.find(({ name }) => name === cluster);
  const { shares } = world.simulationOf(cluster).keys;
  await world.escrow(world.process(), shares, entry);
  await proven(cluster);
};
const snapshotOf = (cluster: string, blob: string) =>
  `the blob ${cluster}/${blob}.json, for a snapshot of ${cluster} from the time when generation 1 was its key`;

it('what a large fleet needs is read of some clusters at a time', async () => {
  const { state } = world;
  const known = await state.generations.newest('payments');
  if (!known) throw new Error('nothing is escrowed');
  for (let n = 1; n < 30; n += 1)
    await state.generations.save({ ...known.value, cluster: `cluster-${n}` }, undefined);
  let [underWay, most] = [0, 0];
  const read: typeof state.escrow.read = async (name) => {
    underWay += 1;
    most = Math.max(most, underWay);
    await new Promise((resolve) => setImmediate(resolve));
    underWay -= 1;
    return state.escrow.read(name);
  };
  const needs = await needsOf({ ...state, escrow: { ...state.escrow, read } });
  expect(needs).toHaveLength(30);
  expect(most).toBeGreaterThan(1);
  expect(most).toBeLessThanOrEqual(8);
});

describe('the old version of a key', () => {
  it('is needed by the replaced generation of another cluster: the answer, the list and the log say so', async () => {
    await open({ neighbour: true });
    await rekeyed('orders');
    const need = snapshotOf('orders', '0001.0001');
    expect(await neededBy()).toEqual([need]);
    const lines = (await listEscrow(world.process())).flatMap(describeListed).join('\n');
    expect(lines.split(`still needed by ${need}`)).toHaveLength(3);
    expect(lines).not.toContain('no longer needed');
    await keepEscrow(world.process());
    expect(world.logged.filter((line) => line.includes('escrow-key-version-not-needed'))).toEqual([]);
    expect(world.logged.filter((line) => line.includes('escrow-key-version-still-needed'))).toHaveLength(2);
  });

  it('is needed by the blobs of a cluster whose row cannot be read', async () => {
    await open({ neighbour: true });
    await rekeyed('orders');
    world.state.damage('generations', { partitionKey: 'orders', rowKey: 'newest' }, 'damaged');
    expect(await neededBy()).toEqual(['perhaps orders: damaged', snapshotOf('orders', '0001.0001')]);
  });

  it.each<[string, Buffer | undefined]>([
    ['a blob that nobody can read', Buffer.from('{}')],
    ['the blob of another generation', undefined],
  ])(
    'is needed by each revision of a replaced generation; %s says nothing of those before it',
    async (_what, junk) => {
      await rekeyed();
      const second = world.state.blobs.get('payments/0002.0001.json');
      world.state.blobs.set('payments/0001.0002.json', junk ?? second ?? Buffer.of());
      const unknown = expect.stringMatching(
        /^perhaps payments: the blob payments\/0001\.0002\.json /,
      ) as string;
      expect(await neededBy()).toEqual([snapshotOf('payments', '0001.0001'), unknown]);
      // The only one that is left cannot be read: it may be wrapped by any version.
      world.state.blobs.delete('payments/0001.0001.json');
      expect(await neededBy()).toEqual([unknown]);
      world.state.blobs.delete('payments/0001.0002.json');
      expect(await neededBy()).toEqual([]);
    },
  );

  it('is needed by what was accepted, where a newer revision never was: its row was not written', async () => {
    await proven();
    a.version = 2;
    const deps = world.process();
    const save = async () => ({ saved: false as const, why: 'conflict' as const });
    deps.state.generations = { ...deps.state.generations, save };
    await keepNow(deps, 'payments', ada, { verifyOnly: false });
    expect([...world.state.blobs.keys()]).toEqual(['payments/0001.0001.json', 'payments/0001.0002.json']);
    await rekeyed();
    expect(await neededBy()).toEqual([snapshotOf('payments', '0001.0001')]);
  });

  it('is needed, for all that anybody knows, while storage does not give the blobs', async () => {
    await rekeyed();
    const read = world.process();
    read.state.escrow = {
      ...read.state.escrow,
      read: (name) => {
        if (name.includes('/0001.')) throw new Error('storage is away');
        return world.state.escrow.read(name);
      },
    };
    expect(await neededBy(read)).toEqual(['perhaps payments: storage does not give its blobs']);
    const list = world.process();
    list.state.escrow = { ...list.state.escrow, list: () => Promise.reject(new Error('storage is away')) };
    expect(await neededBy(list)).toEqual(['perhaps payments: storage does not give its blobs']);
  });
});
