/** A whole rotation, once for each of its effects: its process dies there, before or after, and the next one goes on. */
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { KindName } from '../../../../shared/rotation/rotation.ts';
import { leaks } from '../../../fakes/hostile/disguises.ts';
import { Stopper } from '../../../fakes/state/stopping.ts';
import type { Servers } from './ground.ts';
import { RotatingWorld } from './rotating-world.ts';

/**
 * - `forward`: the next process goes on;
 * - `then back`: a person rolls it back after the death;
 * - `back`: the process dies while it rolls back, with one node on the new one.
 */
export type Death = 'forward' | 'then back' | 'back';

export function diesEverywhere(kind: KindName, death: Death, start: () => Promise<Servers>): void {
  let servers: Servers;
  beforeAll(async () => {
    servers = await start();
  });
  afterAll(() => servers.close());

  /** Up to where the deaths begin. */
  async function begun(): Promise<RotatingWorld> {
    const world = new RotatingWorld(await servers.ground(kind));
    if (death !== 'back') return world;
    await world.drive(undefined, ({ stage }) => stage === 'verified');
    await world.ground.clock.advance(60_000);
    world.restart(0);
    await world.rollBack();
    return world;
  }

  describe(`a rotation of ${kind} whose process dies (${death})`, () => {
    it.each(['before', 'after'] as const)('%s any of its effects goes on', async (when) => {
      const whole = await begun();
      const counting = new Stopper();
      await whole.drive(counting);
      expect([whole.rotation?.ended?.outcome, [...whole.broken]]).toEqual([ends[death][0], []]);
      const { effects } = counting;
      expect(effects.length).toBeGreaterThan(death === 'back' ? 3 : 10);
      for (let at = 1; at <= effects.length; at += 1) {
        const world = await begun();
        const stopper = new Stopper(at, when);
        await world.drive(stopper);
        const where = `${when} ${effects[at - 1]} (${at})`;
        expect([where, stopper.stopped]).toEqual([where, true]);
        if (death === 'then back') {
          // The dead turn's lease has run out by then.
          await world.ground.clock.advance(6 * 60_000);
          await world.rollBack();
        }
        await world.drive();
        const { rotation, broken, ground } = world;
        expect([where, rotation?.failing, rotation?.waiting?.what, [...broken]]).toEqual([
          where,
          undefined,
          undefined,
          [],
        ]);
        expect(ends[death]).toContain(rotation?.ended?.outcome);
        expect([where, ground.places.flatMap((place) => place.leftovers())]).toEqual([where, []]);
        if (ground.places.length > 0) expect([where, ground.live().length]).toEqual([where, 1]);
        expect(
          leaks([world.lines, world.state.everyRotation(), world.state.audited], ground.secrets()),
        ).toEqual([]);
      }
    });
  });
}

/** What had ended before anybody asked to go back, has ended. */
const ends: Record<Death, string[]> = {
  forward: ['retired'],
  'then back': ['retired', 'rolled-back'],
  back: ['rolled-back'],
};
