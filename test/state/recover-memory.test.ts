import { describe, expect, test } from 'vitest';
import { recoverStateContract } from '../contract/recover-state.ts';
import { memoryState } from '../fakes/state/memory.ts';
import { aFullRecovery } from '../fakes/state/recover-examples.ts';
import { memoryRecoverState } from '../fakes/state/recover-memory.ts';

describe("the recover app's state in memory", () => {
  recoverStateContract(async () => {
    const watch = memoryState();
    const state = memoryRecoverState(watch.standingHolds);
    return {
      state,
      told: () => state.told,
      async makeNewer(table, partitionKey, rowKey) {
        state.damage(table, { partitionKey, rowKey }, 'written by a newer Sealwatch (v2): upgrade this app');
      },
      async makeDamaged(table, partitionKey, rowKey) {
        state.damage(table, { partitionKey, rowKey }, 'damaged: schema version 0');
      },
      holdsOfWatch: () => watch.words.holds(),
      audited: async () => state.audited,
      messages: async (queue) =>
        state.nudged.filter((nudge) => nudge.queue === queue).map(({ cluster }) => cluster),
    };
  });

  test('what it gives cannot be changed in place', async () => {
    const state = memoryRecoverState();
    await state.recoveries.open(aFullRecovery());
    const active = await state.recoveries.active('payments');
    expect(() => active?.value.intents.pop()).toThrow(TypeError);
  });

  test('it remembers nudges with their delays', async () => {
    const state = memoryRecoverState();
    await state.nudges.send('steps', 'payments', 1500);
    expect(state.nudged).toEqual([{ queue: 'steps', cluster: 'payments', delayMs: 1500 }]);
  });
});
