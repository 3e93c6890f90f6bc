import * as fc from 'fast-check';
import { expect, it } from 'vitest';
import { live, morning, nights } from './faults.ts';

/** `npm run test:deep` */
const deep = process.env.SEALWATCH_DEEP !== undefined;
const numRuns = deep ? 10_000 : 500;

it(`through ${numRuns} random nights no rule is broken, and the cluster serves in the morning`, {
  timeout: deep ? 1_800_000 : 30_000,
}, async () => {
  await fc.assert(
    fc.asyncProperty(nights, async (night) => {
      const world = await live(night);
      const asked = await morning(world);
      expect(world.rules.broken).toEqual([]);
      expect(world.sealed()).toEqual([]);
      expect(world.simulation.state.active).toBeDefined();
      expect(world.recoveries().filter(({ status }) => status === 'open')).toEqual([]);
      const kinds = night.moments.flatMap((one) => (one.kind === 'fault' ? [one.fault.kind] : []));
      // Nobody needs to get up for proven restarts; but a set may have vanished while the app was dead: by a seal, or by
      // a stranger's word.
      const vanished = kinds.some((kind) => kind === 'seal' || kind === 'share' || kind === 'reset');
      if (!vanished) expect(asked).toBe(0);
      for (const { given } of world.custodians.values()) {
        for (const key of given) expect(key.every((byte) => byte === 0)).toBe(true);
      }
    }),
    { numRuns, ...(!deep && { seed: 20_261_122 }) },
  );
});
