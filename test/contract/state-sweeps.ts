/** What every State keeps of sweeps as a whole: the last one, its observations, the fleet.yaml that was good. */
import { describe, expect, test } from 'vitest';
import type { State } from '../../shared/state/ports.ts';

export function stateOfSweeps(fresh: () => Promise<State>): void {
  describe('of sweeps', () => {
    test('the last sweep is none, then the one saved last, and no scan shows it', async () => {
      const state = await fresh();
      expect(await state.sweeps.last()).toBeUndefined();
      const record = { id: 'a', startedAt: 5, clusters: 2, nodes: 6, complete: false };
      await state.sweeps.save(record);
      expect(await state.sweeps.last()).toEqual(record);
      const done = {
        ...record,
        id: 'b',
        finishedAt: 9,
        complete: true,
        gap: { from: 1, to: 5 },
        lastCompleteAt: 9,
        firstAt: 5,
        turn: 2,
        fleetHash: 'f',
      };
      await state.sweeps.save(done);
      expect(await state.sweeps.last()).toEqual(done);
      expect(await state.live.scan()).toEqual({ partitions: new Map(), unreadable: [] });
    });

    test('a sweep that could finish nothing of a large fleet is kept whole', async () => {
      const state = await fresh();
      const failed = Array.from({ length: 2000 }, (_, n) => ({
        cluster: `cluster-${n}`,
        why: `${n}: ${'x'.repeat(90)}`,
      }));
      const record = { id: 'a', startedAt: 5, clusters: 2000, nodes: 6000, complete: false, failed };
      await state.sweeps.save(record);
      expect(await state.sweeps.last()).toEqual(record);
    });

    test('the last good fleet.yaml is none, then the one saved last, byte for byte', async () => {
      const state = await fresh();
      expect(await state.lastGood.read()).toBeUndefined();
      await state.lastGood.save('version: 1\r\n# größer\n');
      await state.lastGood.save('version: 1\n# größer\n');
      expect(await state.lastGood.read()).toBe('version: 1\n# größer\n');
    });

    test('the newest observations are those saved last', async () => {
      const state = await fresh();
      expect(await state.observations.latest()).toBeUndefined();
      const observed = (at: number) => ({
        at,
        clusters: [
          {
            cluster: 'payments',
            startedAt: at,
            finishedAt: at + 3,
            nodes: [],
            raft: { read: false, why: 'no-login' } as const,
          },
        ],
      });
      await state.observations.save(observed(1));
      await state.observations.save(observed(2));
      expect(await state.observations.latest()).toEqual(observed(2));
    });
  });
}
