/** Batches that spread while workers are woken at times of their own, each sweep at others. */
import { expect, it } from 'vitest';
import type { WatchDeps } from '../../../shared/work/deps.ts';
import { seeded } from '../../fakes/seeded.ts';
import { intervalMs, type LargeFleet, largeFleet } from './night.ts';
import { sweptBy } from './workers.ts';

/** One sweep of workers that look into the queue at times of their own, each at one message of so many at once. */
async function woken(
  fleet: LargeFleet,
  workers: WatchDeps[],
  draw: (below: number) => number,
  atOnce: number,
) {
  const startedAt = fleet.clock.now();
  await fleet.tick(0);
  const names = fleet.take();
  const takeAll = async (worker: WatchDeps) => {
    for (let name = names.shift(); name; name = names.shift()) await fleet.run(name, worker);
  };
  const work = async (worker: WatchDeps) => {
    await fleet.clock.sleep(draw(2000));
    await Promise.all(Array.from({ length: atOnce }, () => takeAll(worker)));
  };
  await fleet.passTime(Promise.all(workers.map(work)), 50);
  await fleet.clock.advance(intervalMs - (fleet.clock.now() - startedAt));
}

/** Each of its batches takes so long. */
function taking(fleet: LargeFleet, ms: number): WatchDeps {
  const process = fleet.process();
  return {
    ...process,
    access: async (of, whole) => {
      await fleet.clock.sleep(ms);
      return process.access(of, whole);
    },
  };
}

/** Batches, workers, and what each batch takes, ms. A worker has four messages at once: all of them get some. */
it.each([
  [16, 4, 20],
  [16, 4, 100],
  [16, 4, 600],
  [17, 5, 100],
  [36, 4, 100],
])('%i batches of one worker come to %i, and move no more then (%i ms each)', async (batches, count, ms) => {
  const draw = seeded(batches * count + ms);
  const fleet = largeFleet({ clusters: batches, batches: 'from: 3, clusters: 1' });
  const workers = Array.from({ length: count }, () => taking(fleet, ms));
  await woken(fleet, workers.slice(0, 1), draw, 4);
  const moves: number[] = [];
  for (let n = 0; n < 50; n += 1) {
    await woken(fleet, workers, draw, 4);
    moves.push((await sweptBy(fleet, workers)).moved);
  }
  const { parts } = await sweptBy(fleet, workers);
  expect(Math.min(...parts)).toBe(Math.floor(batches / count));
  expect(Math.max(...parts)).toBe(Math.ceil(batches / count));
  expect(Math.max(...moves)).toBeLessThan(count);
  expect(moves.slice(30)).toEqual(Array.from({ length: 20 }, () => 0));
  expect(fleet.posted).toEqual([]);
});
