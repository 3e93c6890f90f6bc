/** What can happen to the simulated world, one thing at a time. */
import * as fc from 'fast-check';
import type { Person } from '../../../../shared/people/person.ts';
import { confirmRotation, rollBackRotation } from '../../../../shared/work/rotate/respond-rotation.ts';
import { type Anywhere, anywhere, happenAnywhere, slowCalls } from './anywhere.ts';
import type { Slow } from './simulation.ts';
import type { World } from './world.ts';

const ada: Person = { id: 't/ada', name: 'Ada', roles: ['Sealwatch.Operate', 'Sealwatch.Approve'] };
const minute = 60_000;

type Doing =
  | Anywhere
  | { kind: 'restart'; node: 0 | 1 }
  | { kind: 'hide'; node: 0 | 1; seen: boolean }
  | { kind: 'late copy'; node: 0 | 1; share: number }
  | { kind: 'sink'; sink: 0 | 1; away: boolean; loseWrite: boolean; lateMs: number }
  | {
      kind: 'provider';
      away: boolean;
      loseCreation: boolean;
      propagation: number;
      blind: boolean;
      unrenewed: boolean;
    }
  | { kind: 'slow'; slow: Slow }
  | { kind: 'run' | 'confirm' | 'roll back' | 'revoke the new one' };

export const doings: fc.Arbitrary<Doing[]> = fc.array(
  fc.oneof(
    ...anywhere,
    {
      weight: 5,
      arbitrary: fc.record({
        kind: fc.constant('restart' as const),
        node: fc.constantFrom(0 as const, 1 as const),
      }),
    },
    {
      weight: 1,
      arbitrary: fc.record({
        kind: fc.constant('hide' as const),
        node: fc.constantFrom(0 as const, 1 as const),
        seen: fc.boolean(),
      }),
    },
    {
      weight: 2,
      arbitrary: fc.record({
        kind: fc.constant('late copy' as const),
        node: fc.constantFrom(0 as const, 1 as const),
        share: fc.constantFrom(0, 0.2, 1),
      }),
    },
    {
      weight: 2,
      arbitrary: fc.record({
        kind: fc.constant('sink' as const),
        sink: fc.constantFrom(0 as const, 1 as const),
        away: fc.boolean(),
        loseWrite: fc.boolean(),
        lateMs: fc.constantFrom(0, 30_000, 4 * minute),
      }),
    },
    {
      weight: 2,
      arbitrary: fc.record({
        kind: fc.constant('provider' as const),
        away: fc.boolean(),
        loseCreation: fc.boolean(),
        propagation: fc.constantFrom(0, 0, 1, 4),
        blind: fc.boolean(),
        unrenewed: fc.constantFrom(false, false, true),
      }),
    },
    {
      weight: 3,
      arbitrary: fc.record({
        kind: fc.constant('slow' as const),
        slow: slowCalls('create', 'end', 'renew', 'write'),
      }),
    },
    {
      weight: 4,
      arbitrary: fc.record({
        kind: fc.constantFrom(
          'run' as const,
          'confirm' as const,
          'roll back' as const,
          'revoke the new one' as const,
        ),
      }),
    },
  ),
  { minLength: 12, maxLength: 60 },
);

export async function happen(world: World, doing: Doing): Promise<void> {
  switch (doing.kind) {
    case 'pass':
    case 'turn':
    case 'two turns':
    case 'hold':
      return happenAnywhere(world, doing);
    case 'restart':
      return world.restart(doing.node);
    case 'hide': {
      const node = world.nodes[doing.node];
      if (node) node.seen = doing.seen;
      return;
    }
    case 'late copy': {
      const node = world.nodes[doing.node];
      if (node) node.lateMs = doing.share * world.withinMs;
      return;
    }
    case 'sink': {
      const sink = world.sinks[doing.sink];
      if (sink) Object.assign(sink, { away: doing.away, loseWrite: doing.loseWrite, lateMs: doing.lateMs });
      return;
    }
    case 'provider': {
      const { kind: _kind, ...faults } = doing;
      Object.assign(world.provider.faults, faults);
      return;
    }
    case 'slow':
      world.slow = doing.slow;
      return;
    case 'run':
      await world.run();
      return;
    case 'confirm':
      await confirmUnseen(world);
      return;
    case 'roll back':
      if (world.rotation) await rollBackRotation(world.deps(), world.rotation.id, ada, 'a test of rotation');
      return;
    case 'revoke the new one': {
      const { rotation } = world;
      // The one before still works: an outsider who revokes both leaves nothing that anybody could go back to.
      if (rotation?.status === 'open' && rotation.fresh && rotation.old && rotation.direction === 'forward')
        world.provider.revoke(rotation.fresh.ref);
    }
  }
}

/** People confirm what they made true: who is not seen was restarted. */
async function confirmUnseen(world: World): Promise<void> {
  const { rotation } = world;
  if (!rotation) return;
  for (const [index, { seen }] of world.nodes.entries()) if (!seen) world.restart(index);
  await confirmRotation(world.deps(), rotation.id, ada, 'a test of rotation');
}
