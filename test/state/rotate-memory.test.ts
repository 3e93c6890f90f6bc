import { describe, expect, test } from 'vitest';
import { rotateStateContract } from '../contract/rotate-state.ts';
import { aReadiness } from '../fakes/state/rotate-examples.ts';
import { memoryRotateState } from '../fakes/state/rotate-memory.ts';

describe("the rotate app's state in memory", () => {
  rotateStateContract(async () => {
    const state = memoryRotateState();
    return {
      state,
      async makeNewer(cluster) {
        const keys = { partitionKey: cluster, rowKey: 'latest' };
        state.damage(keys, 'written by a newer Sealwatch (v2): upgrade this app');
      },
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
