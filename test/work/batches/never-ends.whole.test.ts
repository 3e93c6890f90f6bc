/** One cluster of many whose access never ends, night after night: it is told by its name, and all others are watched. */
import { expect, it } from 'vitest';
import { sweep } from '../../../shared/work/sweep.ts';
import { intervalMs, largeFleet } from './night.ts';

const never = new Promise<never>(() => undefined);

it('is told within a few sweeps and stays told, and keeps no other cluster unwatched for long', async () => {
  const fleet = largeFleet({ clusters: 45, batches: 'from: 3, clusters: 15' });
  const real = fleet.process();
  const worker = fleet.process({
    access: (of, whole) => (of.name === 'c01' ? never : real.access(of, whole)),
  });
  const seen = new Map<string, number>();
  let longest = 0;
  fleet.onAsked = ({ node, at }) => {
    longest = Math.max(longest, at - (seen.get(node) ?? at));
    seen.set(node, at);
  };
  const settled = async () => {
    for (let n = 0; n < 25; n += 1) await new Promise((resolve) => setImmediate(resolve));
  };
  const firedAt: number[] = [];
  let from = 0;
  for (let n = 0; n < 60; n += 1) {
    if (n === 10) from = fleet.asked.length;
    await fleet.passTime(sweep(fleet.main));
    for (const name of fleet.take()) void fleet.run(name, worker);
    for (let passed = 0; passed < intervalMs; passed += 5000) {
      await settled();
      await fleet.clock.advance(5000);
    }
    if (fleet.told().length > 0) firedAt.push(n);
  }
  expect(fleet.told()).toEqual(['fired sweep-gap c01']);
  expect(firedAt[0]).toBeLessThanOrEqual(4);
  // It is alone before long: no other one waits for it.
  expect(new Set(Object.values(fleet.askedSince(from)))).toEqual(new Set([50]));
  expect([...seen.keys()]).toHaveLength(44);
  expect(longest).toBeLessThanOrEqual(2 * intervalMs);
});
