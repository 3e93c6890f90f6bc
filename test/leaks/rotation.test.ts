/** Rule 1 over a whole rotation, its failures and its rollback: no value is anywhere but in the sinks. */
import { describe, expect, it } from 'vitest';
import type { Person } from '../../shared/people/person.ts';
import { rollBackRotation } from '../../shared/work/rotate/respond-rotation.ts';
import { showRotations } from '../../shared/work/rotate/show-rotations.ts';
import { disguises, leaks } from '../fakes/hostile/disguises.ts';
import { World } from '../work/rotate/world/world.ts';

const minute = 60_000;
const day = 24 * 60 * minute;
const ada: Person = { id: 't/ada', name: 'Ada', roles: ['Sealwatch.Operate'] };

/** Values that look unlike themselves when they are encoded. */
function distinctive(world: World): void {
  const add = world.provider.add.bind(world.provider);
  world.provider.add = (...given) => {
    const one = add(...given);
    one.value = `~/+? ${one.value} ü&=%`;
    return one;
  };
  const [first] = world.provider.made;
  if (!first) throw new Error('there is a first one');
  first.value = `~/+? ${first.value} ü&=%`;
  for (const sink of world.sinks) sink.slots.set('live', first.value);
}

const values = (world: World) => world.provider.made.map(({ value }) => value);

async function allThatIsKept(world: World): Promise<Record<string, unknown>> {
  const { state, logged, clock } = world;
  return {
    rows: state.everyRotation(),
    locks: state.locks(),
    audit: state.audited,
    nudges: state.nudged,
    told: state.told,
    log: logged,
    shown: await showRotations(world.deps()),
    now: clock.now(),
  };
}

async function expectNothingLeaked(world: World): Promise<void> {
  for (const [place, kept] of Object.entries(await allThatIsKept(world)))
    expect(leaks(kept, values(world)), place).toEqual([]);
}

/** Turns of a minute, each looked at. */
async function pass(world: World, minutes: number): Promise<void> {
  for (let left = minutes; left > 0; left -= 1) {
    await world.pass(minute);
    await expectNothingLeaked(world);
  }
}

async function due(): Promise<World> {
  const world = new World();
  distinctive(world);
  await world.clock.advance(91 * day);
  return world;
}

function restartAll(world: World): void {
  for (const index of world.nodes.keys()) world.restart(index);
}

describe('the scan', () => {
  it('finds each value in each disguise, in each place', async () => {
    const world = await due();
    await pass(world, 3);
    const places = await allThatIsKept(world);
    expect(values(world)).toHaveLength(2);
    for (const value of values(world))
      for (const disguise of disguises(value))
        for (const [place, kept] of Object.entries(places))
          expect(leaks([kept, { deep: [`a line with ${disguise} in it`] }], [value]), place).not.toEqual([]);
  });
});

describe('no value leaks', () => {
  it('from a rotation that is retired', async () => {
    const world = await due();
    await pass(world, 5);
    restartAll(world);
    await pass(world, 70);
    expect(world.rotation?.ended?.outcome).toBe('retired');
    expect(world.state.audited.length).toBeGreaterThan(5);
    for (const { slots } of world.sinks) expect([...slots.values()]).toEqual([values(world)[1]]);
  });

  it('from one in which everything fails once, and that is rolled back', async () => {
    const world = await due();
    const { faults } = world.provider;
    const [first, second] = world.sinks;
    faults.loseCreation = true;
    await pass(world, 3);
    faults.loseCreation = false;
    faults.propagation = 2;
    if (first) first.loseWrite = true;
    await pass(world, 10);
    if (second) second.away = true;
    await pass(world, 5);
    if (second) second.away = false;
    faults.away = true;
    await pass(world, 5);
    faults.away = false;
    await pass(world, 15);
    expect(world.rotation?.stage).toBe('verified');
    restartAll(world);
    await pass(world, 3);
    await rollBackRotation(world.deps(), world.rotation?.id ?? '', ada, 'a test of rotation');
    await pass(world, 10);
    restartAll(world);
    await pass(world, 90);
    expect(world.rotation?.ended?.outcome).toBe('rolled-back');
    expect(world.logged.join('\n')).toContain('rotation-step-failed');
  });
});
