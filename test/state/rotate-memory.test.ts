import { describe, expect, test } from 'vitest';
import { rotateStateContract } from '../contract/rotate-state.ts';
import { aReadiness, noon } from '../fakes/state/rotate-examples.ts';
import { memoryRotateState } from '../fakes/state/rotate-memory.ts';

describe("the rotate app's state in memory", () => {
  rotateStateContract(async () => {
    let now = noon;
    const state = memoryRotateState(() => now);
    return {
      state,
      now: () => now,
      pass(ms) {
        now += ms;
      },
      leaveLock: async (lock) => state.leaveLock(lock),
      locks: async () => state.locks(),
      told: () => state.told,
      async makeNewer(table, partitionKey, rowKey) {
        state.damage({ partitionKey, rowKey }, 'written by a newer Sealwatch (v2): upgrade this app', table);
      },
      audited: async () => state.audited,
      messages: async (queue) =>
        state.nudged.filter((nudge) => nudge.queue === queue).map(({ cluster }) => cluster),
    };
  });

  test('what it gives cannot be changed in place', async () => {
    const { readiness } = memoryRotateState();
    await readiness.save(aReadiness());
    const { rows } = await readiness.list();
    expect(() => rows[0]?.evidence.pop()).toThrow(TypeError);
  });

  test('it remembers nudges with their delays', async () => {
    const state = memoryRotateState();
    await state.nudges.send('turns', 'payments', 1500);
    expect(state.nudged).toEqual([{ queue: 'turns', cluster: 'payments', delayMs: 1500 }]);
  });
});
