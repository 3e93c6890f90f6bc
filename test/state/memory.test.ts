import { describe, expect, test } from 'vitest';
import { recoverViewContract } from '../contract/recover-view.ts';
import { stateContract } from '../contract/state.ts';
import { aHead, anEntry } from '../fakes/state/examples.ts';
import { memoryState } from '../fakes/state/memory.ts';
import { aFullRotation, aRotation, endedRotation } from '../fakes/state/rotate-examples.ts';

describe('state in memory', () => {
  stateContract(async () => {
    const state = memoryState();
    return {
      state,
      putQuiet: async (quiet) => void state.quiets.push(quiet),
      putHold: async (hold) => void state.standingHolds.push(hold),
      historyOf: async (cluster) =>
        state
          .transitions()
          .filter((transition) => transition.cluster === cluster)
          .sort((a, b) => b.at - a.at),
      putNewerHead: async (partition) => {
        const why = 'written by a newer Sealwatch (v2): upgrade this app';
        state.unreadable.push({ partition, row: 'head', why });
      },
      putNewerBatch: async (number) =>
        state.batches.damage(number, 'written by a newer Sealwatch (v2): upgrade this app'),
    };
  });

  recoverViewContract(async () => {
    const state = memoryState();
    return {
      view: state.recover,
      open: async (recovery) => void state.recoveryRows.push(recovery),
      past: async (recovery) => void state.recoveryRows.push(recovery),
      accept: async (row) => void state.generationRows.push(row),
    };
  });

  test('what it gives cannot be changed in place', async () => {
    const state = memoryState();
    await state.live.commit('payments', aHead(), undefined, [anEntry()]);
    const { head } = await state.live.read('payments');
    expect(() => head?.value.alerts.pop()).toThrow(TypeError);
  });

  test('it remembers nudges with their delays', async () => {
    const state = memoryState();
    await state.nudges.send('notify', 'payments', 1500);
    expect(state.nudged).toEqual([{ queue: 'notify', cluster: 'payments', delayMs: 1500 }]);
    await state.nudges.batch('batch.a-1.7', 1500);
    expect(state.nudgedBatches).toEqual([{ name: 'batch.a-1.7', lifetimeMs: 1500 }]);
  });
});

describe("what watch reads of the rotate app's rotations in memory", () => {
  test('is the open ones, of one cluster or of all, and beside them what cannot be read', async () => {
    const state = memoryState();
    expect(await state.rotate.rotations()).toEqual({ rows: [], unreadable: [] });
    const orders = aRotation({ cluster: 'orders' });
    state.rotationRows.push(aFullRotation(), orders, endedRotation(aRotation({ id: 'payments.second' })));
    const damaged = { partition: 'orders', row: 'r-orders.second', why: 'damaged' };
    state.unreadableOfRotate.rotations.push(damaged);
    expect(await state.rotate.rotations('payments')).toEqual({ rows: [aFullRotation()], unreadable: [] });
    expect(await state.rotate.rotations('orders')).toEqual({ rows: [orders], unreadable: [damaged] });
    expect((await state.rotate.rotations()).rows).toHaveLength(2);
  });
});
