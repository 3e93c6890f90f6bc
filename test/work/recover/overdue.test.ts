/** The timer that finds recoveries which nobody works on: it heals what was lost, and is quiet about the rest. */
import { beforeEach, expect, it } from 'vitest';
import type { Recovery } from '../../../shared/recovery/recovery.ts';
import { nudgeOverdue } from '../../../shared/work/recover/overdue.ts';
import { runPass } from '../../../shared/work/recover/pass.ts';
import { requestRecovery } from '../../../shared/work/recover/request.ts';
import { ada, RecoveryUnderTest } from './recovery-under-test.ts';

const minute = 60_000;
let world: RecoveryUnderTest;
beforeEach(async () => {
  world = await new RecoveryUnderTest({ policy: 'manual' }).ready();
  await world.restart();
  await requestRecovery(world.process(), 'payments', {
    kind: 'unseal',
    way: 'manual',
    by: ada.id,
    byName: ada.name,
    reason: 'patched',
    dryRun: false,
    lost: [],
  });
});

/** The nudges that one run of the timer sends. */
async function nudges(): Promise<string[]> {
  world.state.nudged.length = 0;
  await nudgeOverdue(world.process());
  return world.state.nudged.map(({ queue, cluster }) => `${queue} ${cluster}`);
}

/** As some pass left the row, without the nudge for the next. */
async function left(change: Partial<Recovery>): Promise<void> {
  const stored = await world.state.recoveries.active('payments');
  if (stored) await world.state.recoveries.save({ ...stored, value: { ...stored.value, ...change } });
}

it('one that was just asked for has its own nudge: a minute later that one was lost', async () => {
  expect(await nudges()).toEqual([]);
  await world.clock.sleep(minute - 1);
  expect(await nudges()).toEqual([]);
  await world.clock.sleep(1);
  expect(await nudges()).toEqual(['steps payments']);
});

it('one that waits is nudged a minute after its own nudge was due, and not before', async () => {
  await left({ waiting: { what: 'a leader', until: world.clock.now() + 5 * minute } });
  await world.clock.sleep(6 * minute - 1);
  expect(await nudges()).toEqual([]);
  await world.clock.sleep(1);
  expect(await nudges()).toEqual(['steps payments']);
});

it('one that a pass works on is left to it, until its lease runs out', async () => {
  const until = world.clock.now() + 3 * minute;
  await left({ lease: { owner: 'another', pass: 1, until } });
  await world.clock.sleep(3 * minute - 1);
  expect(await nudges()).toEqual([]);
  await world.clock.sleep(1);
  expect(await nudges()).toEqual(['steps payments']);
});

it('one that waits for people is looked at each minute, and told once', async () => {
  world.state.nudged.length = 0;
  await runPass(world.process(), 'payments');
  expect(world.state.nudged).toMatchObject([{ queue: 'probe' }]);
  for (let n = 0; n < 5; n += 1) {
    await world.clock.sleep(minute);
    expect(await nudges()).toEqual(['steps payments']);
    world.state.nudged.length = 0;
    await runPass(world.process(), 'payments');
    expect(world.state.nudged).toEqual([]);
  }
  // What it waits for changed: the sweep has something to tell.
  world.simulation.apply({ kind: 'kill', node: 'payments-3' });
  await runPass(world.process(), 'payments');
  expect(world.state.nudged).toMatchObject([{ queue: 'probe' }]);
});

it('one that waits is told once, however often it looks', async () => {
  world = await new RecoveryUnderTest().ready();
  for (const node of ['payments-2', 'payments-3']) world.simulation.apply({ kind: 'kill', node });
  // Until the last one gives up its lead.
  await world.clock.sleep(minute);
  await runPass(world.process(), 'payments');
  world.state.nudged.length = 0;
  for (let n = 0; n < 5; n += 1) {
    await world.clock.sleep(10_000);
    await runPass(world.process(), 'payments');
  }
  expect(world.recoveries()).toMatchObject([{ status: 'open', passes: 6 }]);
  expect(world.state.nudged.map(({ queue }) => queue)).toEqual(Array.from({ length: 5 }, () => 'steps'));
});
