import { describe, expect, it } from 'vitest';
import { sweep } from '../../shared/work/sweep.ts';
import type { FleetUnderTest } from './fleet-under-test.ts';
import { unseal } from './fleet-under-test.ts';
import { expectAllTold, node, sealedNodeFleet } from './one-sealed-node.ts';
import { type Stop, stopping } from './stopping.ts';

/** The whole night; a process that is killed is followed by a new one, half a minute later. */
async function night(stop?: {
  at: number;
  how: Stop;
}): Promise<{ fleet: FleetUnderTest; effects: string[] }> {
  const fleet = sealedNodeFleet();
  const first = stopping(fleet.process(), stop);
  let current = first;
  const sweepAfter = async (ms: number) => {
    await fleet.clock.advance(ms);
    const swept = sweep(current.deps).then(
      () => 'swept',
      () => 'failed',
    );
    const end = await fleet.passTime(Promise.race([swept, current.killed]));
    if (end === 'killed') current = stopping(fleet.process());
  };
  await sweepAfter(0);
  await sweepAfter(30_000);
  fleet.simulation().apply({ kind: 'seal', node });
  await sweepAfter(30_000);
  await sweepAfter(30_000);
  unseal(fleet.simulation(), node);
  for (let more = 0; more < 9; more += 1) await sweepAfter(30_000);
  return { fleet, effects: first.effects };
}

const undisturbed = await night();

describe('a night without a stop', () => {
  it('tells each channel once, the one that is gone through its fallback', async () => {
    await expectAllTold(undisturbed.fleet, 1);
    const backup = undisturbed.fleet.taken('backup').filter(({ cluster }) => cluster === 'payments');
    expect(backup.map(({ insteadOf }) => insteadOf?.channel)).toEqual(['hook', 'hook']);
  });

  it('has every kind of effect in it', () => {
    expect([...new Set(undisturbed.effects)].toSorted()).toEqual([
      'backup.deliver',
      'chat.deliver',
      'heartbeat',
      'history.append',
      'hook.deliver',
      'live.commit',
      'live.remove',
      'live.update',
      'nudges.send',
      'observations.save',
      'sweeps.save',
    ]);
  });
});

describe.each(['is killed before', 'is killed after', 'fails at', 'fails right after'] as const)(
  'a sweep that %s',
  (how) => {
    it.each(undisturbed.effects.map((effect, index) => ({ effect, at: index + 1 })))(
      '$effect (effect $at) loses nothing and tells nothing twice under two ids',
      async ({ at }) => {
        const { fleet } = await night({ at, how });
        await expectAllTold(fleet, 2);
      },
    );
  },
);
