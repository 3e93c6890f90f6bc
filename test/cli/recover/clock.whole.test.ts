/** A lease is a fence only between clocks that agree. */
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { Laptop } from '../../work/break-glass/laptop.ts';
import { storageWith } from '../../work/break-glass/stored.ts';

let laptop: Laptop;
beforeEach(async () => {
  laptop = await Laptop.open();
  await laptop.restart();
});
afterEach(() => laptop.close());

/** Storage whose clock is that of the laptop, but for this. */
const withClock = (offMs: number) => ({
  storage: storageWith(laptop.state, undefined, () => Math.floor((laptop.clock.now() + offMs) / 1000) * 1000),
});

describe('a clock that is not storage’s', () => {
  it.each([
    [-86_400_000, /clock is 23 h 59 min ahead of storage's: .* keep others away for too long/],
    [120_000, /clock is 2 min behind storage's: .* count as run out while it works/],
    [7_000, /clock is 7 s behind/],
  ])('by %d ms: nothing is opened, sent or written, and it says how far off it is', async (offMs, words) => {
    const { code, text } = await laptop.fromStorage([], withClock(offMs));
    expect(code).toBe(1);
    expect(text).toMatch(words);
    expect(text).toContain('Set the clock');
    expect([laptop.sent, laptop.state.everyRecovery(), await laptop.journals()]).toEqual([[], [], []]);
  });

  it.each([-4_000, 900, 4_000])('by %d ms is no reason to stop', async (offMs) => {
    expect((await laptop.fromStorage([], withClock(offMs))).code).toBe(0);
  });

  it('is told in a dry run, which goes on', async () => {
    const args = ['--cluster', 'payments', '--dry-run'];
    const { code, text } = await laptop.run(args, withClock(120_000));
    expect(code).toBe(0);
    expect(text).toContain('clock is 2 min behind');
    expect(text).toContain('  - unseal payments-1');
  });

  it('does not matter where storage is not used', async () => {
    expect((await laptop.recover([], withClock(120_000))).code).toBe(0);
  });
});
