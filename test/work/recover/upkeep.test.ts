/** What the daily upkeep leaves on record, and what it leaves alone. */
import { beforeEach, expect, it } from 'vitest';
import type { RecoverDeps } from '../../../shared/work/recover/deps.ts';
import { requestRecovery } from '../../../shared/work/recover/request.ts';
import { setHold } from '../../../shared/work/recover/respond.ts';
import { keepCluster, keepEscrow } from '../../../shared/work/recover/upkeep.ts';
import { ada, RecoveryUnderTest } from './recovery-under-test.ts';

let world: RecoveryUnderTest;
beforeEach(async () => {
  world = await new RecoveryUnderTest({ policy: 'manual' }).ready();
});

const unwraps = () => [...world.custodians.values()].reduce((sum, custodian) => sum + custodian.unwraps, 0);
const revision = async () => (await world.state.generations.newest('payments'))?.value.revision;
const looked = async () => (await world.state.generations.newest('payments'))?.value.upkeep?.at;

async function rotated(deps = world.process()): Promise<void> {
  for (const custodian of world.custodians.values()) custodian.version = 2;
  await keepEscrow(deps);
}

it('each opening is on record, with its share, custodian, key and purpose, before the key is asked', async () => {
  const [opened, from] = [unwraps(), world.state.audited.length];
  await rotated();
  const entries = world.state.audited.slice(from).filter(({ what }) => what === 'key-opened');
  expect(entries).toHaveLength(unwraps() - opened);
  expect(new Set(entries.map(({ who, facts }) => `${who} ${facts.kind} ${facts.revision}`))).toEqual(
    new Set(['app:recover verify 1', 'app:recover rewrap 1', 'app:recover verify 2']),
  );
  expect(entries[0]?.facts).toMatchObject({ index: 1, custodian: 'a', keyId: expect.any(String) as string });
});

it('what cannot be recorded is not opened', async () => {
  const opened = unwraps();
  const deps = world.process();
  const write: RecoverDeps['state']['audit']['write'] = () => Promise.reject(new Error('storage is away'));
  await rotated({ ...deps, state: { ...deps.state, audit: { write } } });
  expect(unwraps()).toBe(opened);
});

it('a rewrap waits for the end of an open recovery: approvals are for the revision as it is', async () => {
  await world.restart();
  const asked = await requestRecovery(world.process(), 'payments', {
    kind: 'unseal',
    way: 'manual',
    by: ada.id,
    byName: ada.name,
    reason: 'patched',
    dryRun: false,
    lost: [],
  });
  expect(asked.ok).toBe(true);
  await world.settle();
  await rotated();
  expect(await revision()).toBe(1);
  expect(await looked()).toBe(world.clock.now());
});

it('a rewrap waits for the end of a hold, also of one that cannot be read', async () => {
  const until = world.clock.now() + 3_600_000;
  await setHold(world.process(), 'payments', ada, { until, reason: 'leave all of it alone' });
  await rotated();
  expect([await revision(), await looked()]).toEqual([1, world.clock.now()]);
  world.state.damage('holds', { partitionKey: 'hold', rowKey: 'payments' }, 'damaged');
  await rotated();
  expect(await revision()).toBe(1);
  await world.state.holds.end('payments');
  await rotated();
  expect(await revision()).toBe(2);
});

it('begins with the cluster that was looked at longest ago', async () => {
  const two = await new RecoveryUnderTest({ policy: 'manual', neighbour: true }).ready();
  await keepCluster(two.process(), two.cluster);
  const from = two.state.audited.length;
  await keepEscrow(two.process());
  const order = [...new Set(two.state.audited.slice(from).map(({ cluster }) => cluster))];
  expect(order).toEqual(['orders', 'payments']);
});
