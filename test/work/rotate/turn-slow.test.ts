/** Requests and answers that come late, and what other turns and people do meanwhile. */
import { describe, expect, it } from 'vitest';
import type { Person } from '../../../shared/people/person.ts';
import { rollBackRotation } from '../../../shared/work/rotate/respond-rotation.ts';
import { takeTurns } from '../../../shared/work/rotate/turn.ts';
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

async function toItsEnd(world: World): Promise<void> {
  for (let tries = 0; tries < 40 && world.rotation?.status === 'open'; tries += 1) {
    await world.pass(20 * minute, 10 * minute);
    for (const index of world.nodes.keys()) world.restart(index);
  }
}

const live = (world: World) => world.provider.made.filter(({ alive }) => alive).map(({ ref }) => ref);
const fresh = (world: World) => world.rotation?.fresh?.ref;

describe('a creation', () => {
  it('whose request comes after another turn looked for it makes no third one', async () => {
    const world = await due();
    world.slow = { call: 'create', late: 'request', seconds: 130 };
    await world.turn();
    expect(world.rotation?.unanswered).toBeDefined();
    await toItsEnd(world);
    expect(world.rotation?.ended).toMatchObject({ outcome: 'retired', left: [] });
    expect([live(world), world.broken]).toEqual([[fresh(world)], []]);
  });

  it('is told to have failed when its answer takes too long, and what it made ends', async () => {
    const world = await due();
    world.slow = { call: 'create', late: 'answer', seconds: 130 };
    await world.turn();
    expect(world.logged.join()).toContain('the provider gave no answer within 100 s');
    await toItsEnd(world);
    expect([world.rotation?.ended?.outcome, world.provider.made[1]?.endedByUs]).toEqual(['retired', true]);
    expect([live(world), world.broken]).toEqual([[fresh(world)], []]);
  });

  it('that comes later than anybody waits for is found and ended at the end', async () => {
    const world = await due();
    world.slow = { call: 'create', late: 'request', seconds: 500 };
    await world.turn();
    await toItsEnd(world);
    expect(world.rotation?.ended).toMatchObject({ outcome: 'retired', left: [] });
    expect(live(world)).toEqual([fresh(world)]);
    expect(world.state.audited.filter(({ facts }) => facts['step'] === 'end-stray')).toHaveLength(1);
  });

  it('of a repair is not waited out where nobody can use what it made, and is named for people', async () => {
    const world = await due();
    const { provider } = world;
    const kind = provider.kind.bind(provider);
    const unseen = { state: 'unseen', why: 'nobody may list' } as const;
    provider.kind = () => ({
      ...kind(),
      orphans: async (_id, { at }) => ({
        ok: true,
        value: { ...unseen, until: at + 32 * day, usableUntil: at + 2 * minute },
      }),
    });
    provider.revoke('ref-1');
    provider.faults.loseCreation = true;
    await world.turn();
    provider.faults.loseCreation = false;
    await world.pass(10 * minute);
    await toItsEnd(world);
    expect(world.rotation?.ended).toMatchObject({
      outcome: 'retired',
      left: ['It may have made another one, which nobody holds: nobody may list'],
    });
  });

  it('is not begun under a row that was saved too slowly', async () => {
    const world = await due();
    const deps = world.deps();
    const { rotations } = deps.state;
    let slow = true;
    const save: typeof rotations.save = async (row) => {
      if (slow && row.value.creating) {
        slow = false;
        await world.clock.advance(250_000);
      }
      return rotations.save(row);
    };
    await takeTurns({ ...deps, state: { ...deps.state, rotations: { ...rotations, save } } }, 'payments');
    expect([slow, world.provider.made.length]).toEqual([false, 1]);
    await world.pass(10 * minute);
    await toItsEnd(world);
    expect([world.rotation?.ended?.outcome, world.broken]).toEqual(['retired', []]);
  });
});

describe('the end of the old one', () => {
  it('that may still come lets nobody go back to it', async () => {
    const world = await due();
    await world.turn();
    await world.pass(3 * minute);
    await world.clock.advance(minute);
    for (const index of world.nodes.keys()) world.restart(index);
    await world.turn();
    await world.clock.advance(hour);
    world.slow = { call: 'end', late: 'request', seconds: 280 };
    const turn = world.turn();
    const said: unknown[] = [];
    const { rotation } = world;
    // As soon as its turn gave it up.
    const { send } = world.state.nudges;
    world.state.nudges.send = async (...nudge) => {
      await send(...nudge);
      if (world.rotation?.failing?.what === 'end-old' && said.length === 0)
        said.push(await rollBackRotation(world.deps(), rotation?.id ?? '', ada, 'a test of rotation'));
    };
    await turn;
    expect(said).toEqual([
      expect.objectContaining({
        ok: false,
        code: 'busy',
        message: expect.stringContaining('asked for the end of the old one') as string,
      }),
    ]);
    await toItsEnd(world);
    expect([world.rotation?.ended?.outcome, world.broken]).toEqual(['retired', []]);
  });
});

describe('the end of what did not begin to work', () => {
  it('that may still come lets no sink be given it, though it works by now', async () => {
    const world = await due();
    const { provider } = world;
    const kind = provider.kind.bind(provider);
    provider.kind = () => {
      const real = kind();
      const notYet = { ok: false, code: 'not-yet', detail: 'a replica does not know it' } as const;
      // From the moment on in which its end is asked for.
      const exercise: typeof real.exercise = async (of, value) =>
        world.slow === undefined ? real.exercise(of, value) : notYet;
      return { ...real, exercise };
    };
    world.slow = { call: 'end', late: 'request', seconds: 280 };
    await world.pass(40 * minute);
    expect([world.slow, world.broken]).toEqual([undefined, []]);
    await toItsEnd(world);
    expect([world.rotation?.ended?.outcome, live(world), world.broken]).toEqual([
      'retired',
      [fresh(world)],
      [],
    ]);
  });
});

describe('a write', () => {
  it('that its turn gave up still writes what it was given', async () => {
    const world = await due();
    await world.turn();
    world.slow = { call: 'write', late: 'request', seconds: 130 };
    await world.pass(minute);
    expect(world.broken).toEqual([]);
    expect(world.sinks[0]?.slots.get('live')).toBe(world.provider.made[1]?.value);
    await toItsEnd(world);
    expect([world.rotation?.ended?.outcome, world.broken]).toEqual(['retired', []]);
  });
});
