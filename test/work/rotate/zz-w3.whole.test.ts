import * as fc from 'fast-check';
import { expect, test } from 'vitest';
import { doings, happen } from './world/doings.ts';
import { halfAnHour, World } from './world/world.ts';
test('x', async () => {
  await fc.assert(
    fc.asyncProperty(fc.constantFrom('people' as const, 'ours' as const), doings, async (first, night) => {
      const world = new World(first, halfAnHour);
      await world.clock.advance(91 * 24 * 3_600_000);
      for (const doing of night) { await happen(world, doing); expect(world.broken).toEqual([]); }
      await world.heal();
      if (world.rotation?.status === 'open') throw new Error(JSON.stringify({ rows: world.state.everyRotation(), now: world.clock.now() }));
    }),
    { numRuns: 16_000 },
  );
}, 300_000);
