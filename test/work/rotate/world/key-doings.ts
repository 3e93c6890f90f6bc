/** What can happen to clusters that share a key, one thing at a time. */
import * as fc from 'fast-check';
import type { Person } from '../../../../shared/people/person.ts';
import {
  confirmRotation,
  rollBackRotation,
  runRotation,
} from '../../../../shared/work/rotate/respond-rotation.ts';
import { type Anywhere, anywhere, happenAnywhere, slowCalls } from './anywhere.ts';
import type { Consumer, KeyWorld } from './key-world.ts';
import type { Slow } from './simulation.ts';

const ada: Person = { id: 't/ada', name: 'Ada', roles: ['Sealwatch.Operate'] };
type Which = 0 | 1;

type Doing =
  | Anywhere
  | { kind: 'restart'; consumer: Which }
  | { kind: 'hide'; consumer: Which; seen: boolean }
  | { kind: 'step-downs'; consumer: Which; stepDown: Consumer['stepDown'] }
  | { kind: 'key'; away: boolean; loseRotation: boolean; loseMinimum: boolean; lag: number }
  | { kind: 'provider clock'; skewMs: number }
  | { kind: 'rescue'; consumer: Which }
  | { kind: 'slow'; slow: Slow }
  | { kind: 'opt in'; consumer: Which; stepDown: boolean }
  | { kind: 'run' | 'confirm' | 'roll back' | 'approve' | 'by hand' | 'snapshot' | 'forget snapshots' };

const which = fc.constantFrom<Which>(0, 1);
const on = <Kind extends string>(kind: Kind) => fc.constant(kind);

export const keyDoings: fc.Arbitrary<Doing[]> = fc.array(
  fc.oneof<fc.WeightedArbitrary<Doing>[]>(
    ...anywhere,
    { weight: 4, arbitrary: fc.record({ kind: on('restart'), consumer: which }) },
    { weight: 1, arbitrary: fc.record({ kind: on('hide'), consumer: which, seen: fc.boolean() }) },
    {
      weight: 1,
      arbitrary: fc.record({
        kind: on('step-downs'),
        consumer: which,
        stepDown: fc.constantFrom<Consumer['stepDown']>('works', 'fails', 'lost'),
      }),
    },
    {
      weight: 2,
      arbitrary: fc.record({
        kind: on('key'),
        away: fc.boolean(),
        loseRotation: fc.boolean(),
        loseMinimum: fc.boolean(),
        lag: fc.constantFrom(0, 0, 2),
      }),
    },
    {
      weight: 1,
      arbitrary: fc.record({
        kind: on('provider clock'),
        skewMs: fc.integer({ min: -30_000, max: 30_000 }),
      }),
    },
    {
      weight: 2,
      arbitrary: fc.record({ kind: on('slow'), slow: slowCalls('create', 'step-down', 'raise-minimum') }),
    },
    { weight: 1, arbitrary: fc.record({ kind: on('opt in'), consumer: which, stepDown: fc.boolean() }) },
    {
      weight: 9,
      arbitrary: fc.record({
        kind: fc.constantFrom(
          'run' as const,
          'confirm' as const,
          'roll back' as const,
          'approve' as const,
          'approve' as const,
          'approve' as const,
          'by hand' as const,
          'snapshot' as const,
          'forget snapshots' as const,
        ),
      }),
    },
  ),
  { minLength: 12, maxLength: 60 },
);

/** Every second night goes on with a key that must not be rotated any more. */
export const rescues = fc.option(fc.record({ at: fc.nat({ max: 20 }), consumer: which }), {
  nil: undefined,
  freq: 2,
});

export async function happenToKeys(world: KeyWorld, doing: Doing): Promise<void> {
  const consumer = 'consumer' in doing ? world.consumers[doing.consumer] : undefined;
  const { rotation } = world;
  switch (doing.kind) {
    case 'pass':
    case 'turn':
    case 'two turns':
    case 'hold':
      return happenAnywhere(world, doing);
    case 'restart':
      if (consumer) world.lead(consumer);
      return;
    case 'hide':
      if (consumer) consumer.seen = doing.seen;
      return;
    case 'step-downs':
      if (consumer) consumer.stepDown = doing.stepDown;
      return;
    case 'key': {
      const { kind: _kind, ...faults } = doing;
      Object.assign(world.key.faults, faults);
      return;
    }
    case 'provider clock':
      world.key.skewMs = doing.skewMs;
      return;
    case 'slow':
      world.slow = doing.slow;
      return;
    case 'rescue':
      return world.rescue(consumer?.cluster ?? '');
    case 'opt in':
      return world.policy(consumer?.cluster ?? '', { stepDown: doing.stepDown });
    case 'run':
      await runRotation(world.deps(), 'payments', world.key.name, ada, 'a test of rotation');
      await world.settled();
      return;
    case 'confirm':
      if (!rotation) return;
      // People confirm what they made true.
      for (const one of world.consumers) if (!one.seen) world.lead(one);
      await confirmRotation(world.deps(), rotation.id, ada, 'a test of rotation');
      return;
    case 'roll back':
      if (rotation) await rollBackRotation(world.deps(), rotation.id, ada, 'a test of rotation');
      return;
    case 'approve':
      return world.approve();
    case 'by hand':
      world.key.make('people');
      return;
    case 'snapshot':
      return world.snapshot();
    case 'forget snapshots':
      return world.forgetSnapshots();
  }
}
