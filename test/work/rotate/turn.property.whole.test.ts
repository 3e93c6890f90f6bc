/**
 * Rules 9 and 10 over random nights of rotations, deaths, restarts, failures, people and time: at each moment a node that
 * restarts with what its sink holds unseals, nobody uses what was ended, and never is more than one extra secret alive.
 */
import * as fc from 'fast-check';
import { expect, test } from 'vitest';
import { doings, happen } from './world/doings.ts';
import { halfAnHour, month, World } from './world/world.ts';

const day = 24 * 3_600_000;
const numRuns = process.env['SEALWATCH_DEEP'] === undefined ? 400 : 10_000;

test.each([
  ['what a sink holds', undefined, undefined],
  ['what a copy of it holds that comes up to half an hour late', halfAnHour, undefined],
  ['what a sink holds that has to be renewed', undefined, month],
])(
  'whatever happens, %s unseals, and every rotation ends once the trouble does',
  async (_what, times, periodMs) => {
    await fc.assert(
      fc.asyncProperty(fc.constantFrom('people' as const, 'ours' as const), doings, async (first, night) => {
        const world = new World(first, times, periodMs);
        // Due from the next turn on.
        await (periodMs === undefined ? world.clock.advance(91 * day) : world.pass(89 * day, 5 * day));
        for (const doing of night) {
          await happen(world, doing);
          expect(world.broken).toEqual([]);
        }
        await world.heal();
        expect(world.broken).toEqual([]);
        expect(world.rotation?.status ?? 'none').not.toBe('open');
        expect(world.errors()).toEqual([]);
      }),
      { numRuns },
    );
  },
  300_000,
);
