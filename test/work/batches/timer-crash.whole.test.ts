/** The timer of a large fleet stops at each of its effects, in a night that has all of them. */
import { describe, expect, it } from 'vitest';
import { sweep } from '../../../shared/work/sweep.ts';
import { unseal } from '../fleet-under-test.ts';
import { type Stop, stopping } from '../stopping.ts';
import { intervalMs, type LargeFleet, largeFleet } from './night.ts';

interface Night {
  fleet: LargeFleet;
  effects: string[];
  /** How many of the ticks ended as they should. */
  ticked: number;
}

/** c04 is sealed and unsealed again; in the midst of it nobody takes a batch for a while. The end is calm. */
async function night(stop?: { at: number; how: Stop }): Promise<Night> {
  const fleet = largeFleet();
  const first = stopping(fleet.process(), stop);
  let current = first;
  let ticked = 0;
  const rounds = async (count: number, isWorked = true): Promise<void> => {
    for (let n = 0; n < count; n += 1) {
      const now = fleet.clock.now();
      const ends = sweep(current.deps).then(
        () => 'swept',
        () => 'failed',
      );
      const end = await fleet.passTime(Promise.race([ends, current.killed]));
      if (end === 'swept') ticked += 1;
      if (end === 'killed') current = stopping(fleet.process());
      const names = fleet.take();
      if (isWorked) await fleet.work(names);
      await fleet.clock.advance(intervalMs - (fleet.clock.now() - now));
    }
  };
  await rounds(3);
  fleet.simulation('c04').apply({ kind: 'seal', node: 'c04-1' });
  await rounds(2);
  await rounds(4, false);
  unseal(fleet.simulation('c04'), 'c04-1');
  await rounds(4);
  current = stopping(fleet.process());
  await rounds(4);
  return { fleet, effects: first.effects, ticked };
}

/** In how many intervals each node was asked. */
function watched(fleet: LargeFleet): Record<string, number> {
  const intervals = new Map<string, Set<number>>();
  for (const { node, at } of fleet.asked) {
    const its = intervals.get(node) ?? new Set();
    intervals.set(node, its.add(Math.floor(at / intervalMs)));
  }
  return Object.fromEntries([...intervals].map(([node, its]) => [node, its.size]));
}

const undisturbed = await night();

describe('a night without a stop', () => {
  it('has every kind of effect of the timer in it', () => {
    expect([...new Set(undisturbed.effects)].toSorted()).toEqual([
      'batches.plan',
      'chat.deliver',
      'heartbeat',
      'history.append',
      'live.commit',
      'live.remove',
      'live.update',
      'nudges.batch',
      'sweeps.save',
    ]);
    expect(undisturbed.fleet.told()).toEqual([
      'fired cluster-sealed c04',
      'fired sweep-gap fleet',
      'resolved cluster-sealed c04',
      'resolved sweep-gap fleet',
    ]);
    expect(undisturbed.ticked).toBe(17);
  });
});

describe.each(['is killed before', 'is killed after', 'fails at', 'fails right after'] as const)(
  'a timer that %s',
  (how) => {
    it.each(undisturbed.effects.map((effect, index) => ({ effect, at: index + 1 })))(
      '$effect (effect $at) is healed by the next tick: all is watched, told once and on record',
      async ({ at }) => {
        const { fleet, ticked } = await night({ at, how });
        expect(ticked).toBeGreaterThanOrEqual(16);
        expect(await fleet.state.sweeps.last()).toMatchObject({ complete: true, clusters: 8 });
        expect(fleet.clock.now() - (fleet.heartbeats.at(-1) ?? 0)).toBe(intervalMs);
        expect(await fleet.outbox()).toEqual([]);
        const told = fleet.told();
        for (const what of ['cluster-sealed c04', 'sweep-gap fleet']) {
          const changes = told.filter((line) => line.endsWith(what)).map((line) => line.split(' ')[0]);
          expect([...new Set(changes)], what).toEqual(['fired', 'resolved']);
        }
        // The same message twice, where its end could not be written down; never two of the same.
        for (const change of ['fired', 'resolved']) {
          const of = fleet
            .taken('chat')
            .filter(({ changes }) => changes.some((one) => one.change === change));
          expect(new Set(of.map(({ id }) => id)).size).toBe(2);
        }
        const { unreadable, batches } = await fleet.state.batches.list();
        expect([unreadable, batches.filter(({ value }) => !value.result)]).toEqual([[], []]);
        // No cluster was watched less often than in the other night, but for the one plan that was lost.
        const times = watched(fleet);
        for (const [node, most] of Object.entries(watched(undisturbed.fleet)))
          expect(times[node], node).toBeGreaterThanOrEqual(most - 1);
      },
    );
  },
);
