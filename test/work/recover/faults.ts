/** Random nights: what may go wrong around a recovery, when, and how it ends once all of it is over. */
import * as fc from 'fast-check';
import { nudgeOverdue } from '../../../shared/work/recover/overdue.ts';
import { runPass } from '../../../shared/work/recover/pass.ts';
import { noteStarts } from '../../../shared/work/recover/starts.ts';
import { errorOf } from '../../escrow/build.ts';
import { Stopped, Stopper } from '../../fakes/state/stopping.ts';
import { approveRecovery } from './approving.ts';
import { ada, grace, RecoveryUnderTest } from './recovery-under-test.ts';

const nodes = ['payments-1', 'payments-2', 'payments-3'];
const custodians = ['a', 'b', 'c'];
/** Three acts between our look at a node and our request there could make our set theirs: nobody can tell then. */
const mostStrangersActs = 2;

export type Fault =
  | { kind: 'kill' | 'start' | 'seal' | 'share' | 'reset'; node: string }
  | { kind: 'custodian'; name: string; code: 'denied' | 'throttled' | 'unavailable' | 'timeout' | 'none' }
  | { kind: 'hold'; on: boolean };

export type Moment =
  /** Instances of the app follow a nudge at the same time; the first is killed at its n-th effect (0: never). */
  | { kind: 'nudged'; instances: number; killAt: number; when: 'before' | 'after' }
  /** Something happens when the app has had so many more effects; 0: at once. */
  | { kind: 'fault'; fault: Fault; afterEffects: number }
  | { kind: 'time'; ms: number };

const fault: fc.Arbitrary<Fault> = fc.oneof(
  {
    weight: 5,
    arbitrary: fc.record({
      kind: fc.constantFrom('kill', 'start', 'seal', 'share', 'reset'),
      node: fc.constantFrom(...nodes),
    }),
  },
  {
    weight: 2,
    arbitrary: fc.record({
      kind: fc.constant('custodian' as const),
      name: fc.constantFrom(...custodians),
      code: fc.constantFrom('denied', 'throttled', 'unavailable', 'timeout', 'none'),
    }),
  },
  { weight: 1, arbitrary: fc.record({ kind: fc.constant('hold' as const), on: fc.boolean() }) },
);

const moment: fc.Arbitrary<Moment> = fc.oneof(
  {
    weight: 3,
    arbitrary: fc.record({
      kind: fc.constant('nudged' as const),
      instances: fc.constantFrom(1, 1, 2, 3),
      killAt: fc.oneof(fc.constant(0), fc.integer({ min: 1, max: 40 })),
      when: fc.constantFrom('before', 'after'),
    }),
  },
  {
    weight: 4,
    arbitrary: fc.record({
      kind: fc.constant('fault' as const),
      fault,
      afterEffects: fc.integer({ min: 0, max: 30 }),
    }),
  },
  {
    weight: 1,
    arbitrary: fc.record({
      kind: fc.constant('time' as const),
      ms: fc.constantFrom(1_000, 15_000, 61_000, 180_000),
    }),
  },
);

/** Begins with nodes that restarted. */
export const nights = fc.record({
  restarted: fc.subarray(nodes, { minLength: 1 }),
  moments: fc.array(moment, { maxLength: 10 }),
});
export type Night = typeof nights extends fc.Arbitrary<infer T> ? T : never;

export async function live({ restarted, moments }: Night): Promise<RecoveryUnderTest> {
  const world = new RecoveryUnderTest({
    recovery: ['attempts: 20', 'nodeUnseals: 50', 'foreignProgress: {after: 10s, then: reset}'],
  });
  await world.ready();
  await world.restart(...restarted);
  const due: { at: number; fault: Fault }[] = [];
  const strangers = { acts: 0 };
  let effects = 0;
  world.onEffect = () => {
    effects += 1;
    for (const { at, fault } of due) if (at === effects) happen(world, fault, strangers);
  };
  for (const one of moments) {
    if (one.kind === 'fault' && one.afterEffects > 0) {
      due.push({ at: effects + one.afterEffects, fault: one.fault });
    } else if (one.kind === 'fault') {
      happen(world, one.fault, strangers);
    } else if (one.kind === 'time') {
      await world.clock.sleep(one.ms);
      await noteStarts(world.process());
      await nudgeOverdue(world.process());
    } else {
      await nudged(world, one);
    }
  }
  world.onEffect = () => undefined;
  return world;
}

async function nudged(
  world: RecoveryUnderTest,
  { instances, killAt, when }: Extract<Moment, { kind: 'nudged' }>,
): Promise<void> {
  const passes = Array.from({ length: instances }, (_, n) => {
    const stopper = n === 0 && killAt > 0 ? new Stopper(killAt, when) : new Stopper();
    return runPass(world.process({}, stopper), 'payments');
  });
  for (const ended of await Promise.allSettled(passes)) {
    if (ended.status === 'rejected' && !(ended.reason instanceof Stopped)) throw ended.reason;
  }
}

function happen(world: RecoveryUnderTest, fault: Fault, strangers: { acts: number }): void {
  const { simulation } = world;
  switch (fault.kind) {
    case 'kill':
    case 'start': {
      const running = simulation.state.nodes.find(({ name }) => name === fault.node)?.running;
      // Nobody can tell processes apart that start within the same two seconds.
      world.clock.time += 3_000;
      if (running === (fault.kind === 'kill')) simulation.apply({ kind: fault.kind, node: fault.node });
      return;
    }
    case 'seal':
      return world.sealOnPurpose(fault.node);
    case 'share':
    case 'reset': {
      strangers.acts += 1;
      if (strangers.acts > mostStrangersActs) return;
      world.stranger(fault.node, fault.kind === 'reset');
      return;
    }
    case 'custodian': {
      const custodian = world.custodians.get(fault.name);
      if (custodian) custodian.failing = failingBy(world, fault.code);
      return;
    }
    case 'hold': {
      world.standingHolds.length = 0;
      const until = world.clock.now() + 3_600_000;
      if (fault.on) world.standingHolds.push({ cluster: 'payments', by: ada.name, reason: 'a test', until });
    }
  }
}

function failingBy(world: RecoveryUnderTest, code: Extract<Fault, { kind: 'custodian' }>['code']) {
  return () => {
    if (code === 'none') return undefined;
    if (code === 'timeout') world.clock.time += 10_000;
    return errorOf(code, { recoverable: code !== 'denied' });
  };
}

/** All faults are over; people answer what they are asked. @returns how often they were asked. */
export async function morning(world: RecoveryUnderTest): Promise<number> {
  world.standingHolds.length = 0;
  for (const custodian of world.custodians.values()) custodian.failing = () => undefined;
  world.clock.time += 3_000;
  for (const { name, running } of world.simulation.state.nodes) {
    if (!running) world.simulation.apply({ kind: 'start', node: name });
  }
  let asked = 0;
  for (let halfMinutes = 0; halfMinutes < 60; halfMinutes += 1) {
    await world.settle();
    const open = world.recoveries().find(({ status }) => status === 'open');
    if (!open && world.sealed().length === 0 && world.simulation.state.active !== undefined) return asked;
    if (open?.needs) {
      asked += 1;
      await approveRecovery(world.process(), open.id, grace);
      await world.settle();
    }
    await world.clock.sleep(30_000);
    await noteStarts(world.process());
    await nudgeOverdue(world.process());
    if (world.sealed().length > 0) await world.state.nudges.send('steps', 'payments', 0);
  }
  return Number.NaN;
}
