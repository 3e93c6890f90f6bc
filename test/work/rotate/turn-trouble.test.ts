/** What goes wrong between a provider, sinks and nodes, and what a turn must not do then. */
import { describe, expect, it } from 'vitest';
import type { Person } from '../../../shared/people/person.ts';
import type { Kind } from '../../../shared/rotation/rotation.ts';
import { rollBackRotation } from '../../../shared/work/rotate/respond-rotation.ts';
import { World } from './world/world.ts';

const minute = 60_000;
const hour = 60 * minute;
const day = 24 * hour;
const ada: Person = { id: 't/ada', name: 'Ada', roles: ['Sealwatch.Operate'] };

async function due(): Promise<World> {
  const world = new World();
  await world.clock.advance(91 * day);
  return world;
}

async function delivered(): Promise<World> {
  const world = await due();
  await world.turn();
  await world.pass(3 * minute);
  expect(world.rotation?.stage).toBe('verified');
  return world;
}

/** The provider answers otherwise from now on. */
function otherwise(world: World, over: (kind: Kind) => Partial<Kind>): void {
  const { provider } = world;
  const before = provider.kind.bind(provider);
  provider.kind = () => {
    const kind = before();
    return { ...kind, ...over(kind) };
  };
}

const rollBack = (world: World) =>
  rollBackRotation(world.deps(), world.rotation?.id ?? '', ada, 'a test of rotation');
const holds = (world: World) =>
  world.sinks.map(({ slots }) => world.provider.byValue(slots.get('live'))?.ref);

describe('a sink', () => {
  it('is not given what died after another one had got it', async () => {
    const world = await due();
    const [first, second] = world.sinks;
    if (!first || !second) throw new Error('there are two sinks');
    await world.turn();
    second.away = true;
    await world.pass(3 * minute);
    const [old, fresh] = world.provider.made;
    expect(holds(world)).toEqual([fresh?.ref, old?.ref]);
    world.provider.revoke(fresh?.ref ?? '');
    const written: string[] = [];
    const write = second.write.bind(second);
    second.write = (slot, value) => {
      if (slot === 'live') written.push(value.toString());
      return write(slot, value);
    };
    second.away = false;
    await world.pass(30 * minute);
    expect(written).not.toContain(fresh?.value);
    expect([holds(world), world.broken]).toEqual([[old?.ref, old?.ref], []]);
  });

  it('is not given what is dead by its own trial, where nothing else shows that', async () => {
    const world = await due();
    const [, second] = world.sinks;
    if (!second) throw new Error('there are two sinks');
    await world.turn();
    second.away = true;
    await world.pass(3 * minute);
    const [old, fresh] = world.provider.made;
    expect(holds(world)).toEqual([fresh?.ref, old?.ref]);
    otherwise(world, () => ({
      look: async () => ({ ok: false, code: 'throttled', detail: 'too often' }),
      exercise: async (of) =>
        of.ref === fresh?.ref
          ? { ok: false, code: 'dead', detail: 'it is not known' }
          : { ok: true, value: undefined },
    }));
    const written: string[] = [];
    const write = second.write.bind(second);
    second.write = (slot, value) => {
      written.push(value.toString());
      return write(slot, value);
    };
    second.away = false;
    await world.pass(20 * minute);
    expect([holds(world), world.broken]).toEqual([[old?.ref, old?.ref], []]);
    expect([world.rotation?.direction, written]).toEqual(['back', []]);
  });

  it("that holds another's is not given anything for the first time, and says so", async () => {
    const world = await due();
    const theirs = world.provider.add(undefined);
    world.sinks[1]?.slots.set('live', theirs.value);
    await world.turn();
    await world.pass(10 * minute);
    expect(world.sinks[1]?.slots.get('live')).toBe(theirs.value);
    expect(world.rotation?.failing).toMatchObject({
      what: 'deliver',
      code: 'wrong',
      message: expect.stringMatching(/^sink second holds something else than what the seal reads/) as string,
    });
    world.sinks[1]?.slots.delete('live');
    world.broken.length = 0;
    await world.pass(30 * minute);
    expect(world.rotation?.stage).toBe('verified');
    expect(world.broken.filter((line) => !line.includes('holds nothing'))).toEqual([]);
  });

  it('may hold what the seal reads with a line break, and what an earlier rotation made', async () => {
    const world = await due();
    const [old] = world.provider.made;
    world.sinks[1]?.slots.set('live', `${old?.value}\n`);
    await world.turn();
    await world.pass(10 * minute);
    expect([world.rotation?.stage, world.rotation?.failing]).toEqual(['verified', undefined]);
    for (const index of world.nodes.keys()) world.restart(index);
    await world.pass(3 * hour, 10 * minute);
    expect(world.rotation?.ended?.outcome).toBe('retired');
    // Somebody put the value of before that into one sink.
    world.sinks[1]?.slots.set('live', old?.value ?? '');
    await world.run();
    await world.pass(10 * minute);
    expect(world.state.everyRotation()).toHaveLength(2);
    expect([world.rotation?.stage, world.rotation?.failing]).toEqual(['verified', undefined]);
  });

  it('that fleet.yaml names before the others does not hide what those keep for a rollback', async () => {
    const world = await delivered();
    const [first] = world.sinks;
    const added = world.sink('added');
    added.slots.set('live', first?.slots.get('live') ?? '');
    world.sinks.unshift(added);
    const { cluster } = world;
    const [entry] = cluster.rotation?.sinks ?? [];
    if (!cluster.rotation || !entry) throw new Error('it has sinks');
    const sinks = [{ ...entry, name: 'added' }, ...cluster.rotation.sinks];
    const changed = { ...cluster, rotation: { ...cluster.rotation, sinks } };
    world.fleet = {
      ...world.fleet,
      clusters: world.fleet.clusters.map((one) => (one === cluster ? changed : one)),
    };
    await world.pass(3 * minute);
    expect(await rollBack(world)).toMatchObject({ ok: true });
    await world.pass(2 * hour, 5 * minute);
    const [old] = world.provider.made;
    expect([world.rotation?.ended?.outcome, holds(world)]).toEqual([
      'rolled-back',
      [old?.ref, old?.ref, old?.ref],
    ]);
    expect(world.sinks.map(({ slots }) => [...slots.keys()])).toEqual([['live'], ['live'], ['live']]);
    expect(world.broken).toEqual([]);
  });
});

describe('the one before', () => {
  it('is kept where its provider shows no name of it, is gone back to, and never ended', async () => {
    const world = await due();
    otherwise(world, (kind) => ({
      look: async (value) => {
        const seen = await kind.look(value);
        if (!seen.ok || seen.value.current.state !== 'works') return seen;
        const { ref: _ref, ...current } = seen.value.current;
        return { ok: true, value: { ...seen.value, current } };
      },
    }));
    await world.turn();
    await world.pass(3 * minute);
    expect(world.rotation).toMatchObject({ stage: 'verified', old: { ref: '', ours: false } });
    const [old, fresh] = world.provider.made;
    expect(await rollBack(world)).toMatchObject({ ok: true });
    await world.pass(2 * hour, 5 * minute);
    expect(world.rotation?.ended?.outcome).toBe('rolled-back');
    expect([holds(world), old?.alive, fresh?.endedByUs]).toEqual([[old?.ref, old?.ref], true, true]);
    expect(world.broken).toEqual([]);
  });

  it('that cannot be read is a reason to begin nothing', async () => {
    const world = await due();
    const [first] = world.sinks;
    if (!first) throw new Error('there are two sinks');
    const read = first.read.bind(first);
    let reads = 0;
    first.read = async (slot) => {
      reads += 1;
      return reads === 2 ? { ok: false, code: 'throttled', detail: 'too often' } : read(slot);
    };
    await world.turn();
    expect([reads >= 2, world.rotation]).toEqual([true, undefined]);
    await world.pass(3 * minute);
    expect(world.rotation).toMatchObject({ stage: 'verified', old: { ref: 'ref-1', ours: true } });
  });
});

describe('what never begins to work', () => {
  it('is kept while that is for another reason, and told the whole time', async () => {
    const world = await due();
    otherwise(world, () => ({
      exercise: async () => ({ ok: false, code: 'denied', detail: 'the firewall refuses' }),
    }));
    await world.turn();
    let quiet = 0;
    for (let minutes = 0; minutes < 6 * 60; minutes += 1) {
      await world.pass(minute);
      if (world.rotation?.failing === undefined) quiet += 1;
    }
    expect([world.provider.made.length, quiet, world.broken]).toEqual([2, 0, []]);
  });

  it('is made anew at most once a day after the first ones, and its trouble is told the whole time', async () => {
    const world = await due();
    otherwise(world, () => ({
      exercise: async () => ({ ok: false, code: 'not-yet', detail: 'a replica does not know it' }),
    }));
    let quiet = 0;
    for (let tries = 0; tries < 3 * 24 * 6; tries += 1) {
      await world.pass(10 * minute, 10 * minute);
      const { discards, failing } = world.rotation ?? {};
      if (discards !== undefined && failing === undefined) quiet += 1;
    }
    expect([world.state.everyRotation().length, world.rotation?.status]).toEqual([1, 'open']);
    expect(world.rotation?.discards).toBeGreaterThan(2);
    expect([world.provider.made.length <= 7, quiet, world.broken]).toEqual([true, 0, []]);
  });
});

describe('texts', () => {
  it('have room in a row, however many nodes there are', async () => {
    const world = await due();
    const [one] = world.nodes;
    if (!one) throw new Error('there are nodes');
    for (let index = 0; index < 60; index += 1)
      world.nodes.push({ ...one, name: `vault-${index}.westeurope.platform.example-company.com` });
    await world.turn();
    await world.pass(30 * minute);
    expect(world.errors()).toEqual([]);
    expect(world.rotation?.lease).toBeUndefined();
    expect(world.rotation?.waiting?.what.length).toBeLessThanOrEqual(1_000);
  });

  it('of a provider are cut to what a row holds', async () => {
    const world = await due();
    world.hold = true;
    const deps = world.deps();
    await world.turn();
    world.hold = false;
    await world.turn();
    world.hold = true;
    const hold = async (cluster: string) => ({
      cluster,
      by: 'Ada',
      reason: 'long '.repeat(1_000),
      until: world.clock.now() + hour,
    });
    const { takeTurns } = await import('../../../shared/work/rotate/turn.ts');
    await world.clock.advance(10 * minute);
    await takeTurns({ ...deps, hold }, 'payments');
    expect(world.rotation?.waiting?.what).toHaveLength(1_000);
    expect(world.errors()).toEqual([]);
  });
});
