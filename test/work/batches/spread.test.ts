/** How batches come to workers that had none, or fewer, and stay there. */
import { describe, expect, it } from 'vitest';
import type { Batch } from '../../../shared/state/ports.ts';
import { intervalMs, type LargeFleet, largeFleet } from './night.ts';
import { rowsOf, sweptBy } from './workers.ts';

describe('batches of one worker, once there are four', () => {
  it('come to each of them, one a worker and sweep, and move no more then', async () => {
    const fleet = largeFleet({ clusters: 16, batches: 'from: 3, clusters: 2' });
    const workers = Array.from({ length: 4 }, () => fleet.process());
    await fleet.round(0, workers.slice(0, 1));
    const moves: number[] = [];
    for (let n = 0; n < 30; n += 1) {
      await fleet.round(intervalMs, workers);
      moves.push((await sweptBy(fleet, workers)).moved);
    }
    expect((await sweptBy(fleet, workers)).parts).toEqual([2, 2, 2, 2]);
    expect(Math.max(...moves)).toBeLessThanOrEqual(3);
    expect(moves.slice(10)).toEqual(Array.from({ length: 20 }, () => 0));
  });
});

describe('a worker takes over', () => {
  /** Of whom each row is; `runs`: of the plan before, still running. */
  const planOf = async (fleet: LargeFleet, homes: string[], runs?: string) => {
    const now = fleet.clock.now();
    const sweepAt = (startedAt: number) => ({ id: `s${startedAt}`, startedAt, turn: 1 });
    const batches = homes.map((home, number): Batch => {
      const share = { only: [`c${String(number).padStart(2, '0')}`] };
      return { number, share, sweep: sweepAt(now), home };
    });
    const claim = { by: runs ?? '', at: now - 1000, until: now + 90_000 };
    const running: Batch = { number: 7, share: { only: ['c07'] }, sweep: sweepAt(now - intervalMs), claim };
    await fleet.state.batches.plan([...batches, ...(runs === undefined ? [] : [running])], []);
    return homes.map((_, number) => `batch.s${now}.${number}`);
  };
  const takenAtOnce = async (homes: (own: string) => string[], runs?: (own: string) => string) => {
    const fleet = largeFleet();
    const worker = fleet.process();
    const own = worker.reads.worker;
    const messages = await planOf(fleet, homes(own), runs?.(own));
    const from = fleet.clock.now();
    for (const message of messages) void fleet.run(message, worker);
    await fleet.clock.advance(2000);
    const claims = (await rowsOf(fleet)).filter(({ claim }) => claim?.by === own && claim.at >= from);
    return claims.filter(({ home }) => home !== own).length;
  };

  it('one batch only in a sweep, however many messages it has', async () => {
    expect(await takenAtOnce(() => ['a', 'a', 'a', 'a', 'b', 'b'])).toBe(1);
  });

  it('none of a worker that has one more, as it would have that one back', async () => {
    expect(await takenAtOnce((own) => [own, 'a', 'a', 'b', 'b'])).toBe(0);
    expect(await takenAtOnce(() => ['a', 'b', 'c'])).toBe(0);
  });

  it('none while it still runs what makes up for that', async () => {
    const homes = (own: string) => [own, 'a', 'a', 'a'];
    expect(await takenAtOnce(homes)).toBe(1);
    expect(await takenAtOnce(homes, (own) => own)).toBe(0);
  });
});
