/** What can happen in every simulated world: time, turns, deaths, holds. */
import * as fc from 'fast-check';
import { Stopper } from '../../../fakes/state/stopping.ts';
import type { Simulation, Slow } from './simulation.ts';

const minute = 60_000;

export type Anywhere =
  | { kind: 'pass'; minutes: number }
  | { kind: 'turn'; at: number; when: 'before' | 'after' }
  | { kind: 'two turns' }
  | { kind: 'hold'; on: boolean };

export const anywhere: fc.WeightedArbitrary<Anywhere>[] = [
  {
    weight: 6,
    arbitrary: fc.record({
      kind: fc.constant('pass' as const),
      minutes: fc.constantFrom(1, 3, 20, 90, 60 * 24 * 20),
    }),
  },
  {
    weight: 6,
    arbitrary: fc.record({
      kind: fc.constant('turn' as const),
      at: fc.integer({ min: 1, max: 40 }),
      when: fc.constantFrom('before' as const, 'after' as const),
    }),
  },
  { weight: 2, arbitrary: fc.constant({ kind: 'two turns' as const }) },
  { weight: 1, arbitrary: fc.record({ kind: fc.constant('hold' as const), on: fc.boolean() }) },
];

/** What is under way has landed when a lease is over; its answer may take any time. */
export function slowCalls(...calls: Slow['call'][]): fc.Arbitrary<Slow> {
  const call = fc.constantFrom(...calls);
  return fc.oneof(
    fc.record({ call, late: fc.constant('request' as const), seconds: fc.constantFrom(50, 130, 280) }),
    fc.record({ call, late: fc.constant('answer' as const), seconds: fc.constantFrom(50, 130, 400) }),
  );
}

export async function happenAnywhere(world: Simulation, doing: Anywhere): Promise<void> {
  switch (doing.kind) {
    case 'pass':
      return world.pass(doing.minutes * minute, Math.max(minute, (doing.minutes * minute) / 4));
    case 'turn':
      return world.turn(new Stopper(doing.at, doing.when));
    case 'two turns':
      await Promise.all([world.turn(), world.turn()]);
      return;
    case 'hold':
      world.hold = doing.on;
  }
}
