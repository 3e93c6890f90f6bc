/** Rows that a newer Sealwatch wrote, before the recover app: they permit nothing, and stay as they are. */
import { expect, it } from 'vitest';
import { requestRecovery } from '../../../shared/work/recover/request.ts';
import { endHold, setHold } from '../../../shared/work/recover/respond.ts';
import { watchFacts } from '../../../shared/work/recover/watch-facts.ts';
import { memoryState } from '../../fakes/state/memory.ts';
import { approveRecovery } from './approving.ts';
import { ada, grace, RecoveryUnderTest } from './recovery-under-test.ts';

const why = 'written by a newer Sealwatch (v2): upgrade this app';
const asked = { kind: 'unseal', way: 'manual', by: ada.id, byName: ada.name, reason: 'at night' } as const;
const ask = (world: RecoveryUnderTest) =>
  requestRecovery(world.process(), 'payments', { ...asked, dryRun: false, lost: [] });

async function restarted(): Promise<RecoveryUnderTest> {
  const world = await new RecoveryUnderTest().ready();
  await world.restart();
  return world;
}

it('an ended recovery that cannot be read may have used up the budget: automation waits, people do not', async () => {
  const world = await restarted();
  world.state.damage('recoveries', { partitionKey: 'payments', rowKey: 'r-payments.newer' }, why);
  await world.nudge();
  expect(world.sent).toEqual([]);
  expect(world.recoveries()).toEqual([]);
  expect(world.logged.join('\n')).toContain(`row r-payments.newer of payments: ${why}`);
  const opened = await ask(world);
  await world.settle();
  await approveRecovery(world.process(), opened.ok ? opened.value.id : '', grace);
  await world.settle();
  expect(world.recoveries()[0]?.ended?.outcome).toBe('recovered');
});

it('an automatic recovery that is open already sends nothing any more beside one that cannot be read', async () => {
  const world = await restarted();
  world.onEffect = (name) => {
    if (name !== 'recoveries.open') return;
    world.state.damage('recoveries', { partitionKey: 'payments', rowKey: 'r-payments.newer' }, why);
  };
  await world.nudge();
  await world.settle();
  expect(world.sent).toEqual([]);
  expect(world.recoveries()[0]?.ended).toMatchObject({
    outcome: 'refused',
    summary: expect.stringContaining(why),
  });
});

it('an open recovery of a newer version is gone on with by nobody, and nobody opens a second one', async () => {
  const world = await restarted();
  world.state.damage('recoveries', { partitionKey: 'payments', rowKey: 'active' }, why);
  await expect(world.nudge()).rejects.toThrow(why);
  await expect(ask(world)).rejects.toThrow(why);
  expect(world.sent).toEqual([]);
  expect(world.recoveries()).toEqual([]);
});

it('a generation of a newer version opens nothing: its row is refused by name', async () => {
  const world = await restarted();
  world.state.damage('generations', { partitionKey: 'payments', rowKey: 'newest' }, why);
  await expect(world.nudge()).rejects.toThrow(`row newest of payments cannot be read (${why})`);
  expect(world.sent).toEqual([]);
});

it('a hold of a newer version stands: it is neither ended nor replaced', async () => {
  const world = await restarted();
  world.state.damage('holds', { partitionKey: 'hold', rowKey: 'payments' }, why);
  const words = { until: world.clock.now() + 60_000, reason: 'maintenance' };
  await expect(setHold(world.process(), 'payments', ada, words)).rejects.toThrow(why);
  await expect(endHold(world.process(), 'payments', ada)).rejects.toThrow(why);
  await world.nudge();
  expect(world.sent).toEqual([]);
});

it('what a newer watch remembers may speak against a restart: people are asked, and nothing is sent', async () => {
  const world = await restarted();
  const { live, unreadable } = memoryState();
  const process = () => world.process({ facts: (cluster) => watchFacts(live, cluster) });
  expect(await watchFacts(live, 'payments')).toBeUndefined();
  unreadable.push({ partition: 'payments', row: 'head', why });
  await expect(watchFacts(live, 'payments')).rejects.toThrow(`row head of payments cannot be read (${why})`);
  await world.state.nudges.send('steps', 'payments', 0);
  await world.settle({ process });
  expect(world.sent).toEqual([]);
  expect(world.recoveries()[0]?.needs?.why).toContain('what watch remembers of it cannot be read');
});
