/** However a fleet is split: every cluster is in one batch, and none is too large. */
import * as fc from 'fast-check';
import { expect, it } from 'vitest';
import type { Batch, BatchResult, Share } from '../../../shared/state/ports.ts';
import { inShare } from '../../../shared/state/share.ts';
import { planShares } from '../../../shared/work/batches/shares.ts';
import type { BatchState } from '../../../shared/work/batches/state-of.ts';

const name = fc.stringMatching(/^[a-z][a-z0-9-]{0,4}$/);
const fleet = fc.uniqueArray(name, { minLength: 1, maxLength: 60 });
const limits = fc.record({
  from: fc.constant(0),
  clusters: fc.integer({ min: 1, max: 20 }),
  durationMs: fc.integer({ min: 500, max: 10_000 }),
});
const states = fc.constantFrom<BatchState>('done', 'running', 'died', 'failed', 'untaken');
/** What each batch of the last plan came to, drawn by its number. */
const fates = fc.array(
  fc.record({ state: states, ms: fc.integer({ min: 0, max: 30_000 }), slow: fc.integer({ min: 0, max: 4 }) }),
  { minLength: 1, maxLength: 8 },
);

function pastOf(shares: Share[], names: string[], drawn: { state: BatchState; ms: number; slow: number }[]) {
  return shares.map((share, number): { batch: Batch; state: BatchState } => {
    const { state, ms, slow } = drawn[number % drawn.length] ?? { state: 'done', ms: 0, slow: 0 };
    const its = names.filter(inShare(share));
    const result: BatchResult = {
      finishedAt: 0,
      clusters: its.length,
      nodes: its.length,
      failed: [],
      slow: its.slice(0, slow),
      prompt: { ms, clusters: Math.max(0, its.length - slow) },
      owed: [],
      unreadable: [],
    };
    const batch = { number, share, sweep: { id: 's', startedAt: 0, turn: 1 } };
    return { batch: state === 'done' ? { ...batch, result } : batch, state };
  });
}

it('each cluster is in one batch, or in one that still runs, after any past and any change of the fleet', () => {
  fc.assert(
    fc.property(fleet, fleet, limits, fates, (before, now, bounds, drawn) => {
      const first = planShares(before, [], bounds).map(({ share }) => share);
      const past = pastOf(first, before, drawn);
      const planned = planShares(now, past, bounds).map(({ share }) => share);
      const running = past.filter(({ state }) => state === 'running').map(({ batch }) => batch.share);
      for (const cluster of now) {
        const having = [...planned, ...running].filter((share) => inShare(share)(cluster));
        expect(having, cluster).toHaveLength(1);
      }
      for (const share of planned) {
        const size = now.filter(inShare(share)).length;
        expect(size).toBeGreaterThan(0);
        expect(size).toBeLessThanOrEqual(bounds.clusters);
      }
    }),
  );
});

/** Ticks of a fleet that clusters leave and come back to; some batches still run at the next tick, or at more of them. */
const ticks = fleet.chain((pool) =>
  fc.record({
    pool: fc.constant(pool),
    seen: fc.array(
      fc.record({ names: fc.subarray(pool, { minLength: Math.ceil(pool.length / 2) }), drawn: fates }),
      { minLength: 2, maxLength: 6 },
    ),
  }),
);

it('no name is in two batches at any tick; each is in one where nothing runs, whoever left fleet.yaml too', () => {
  fc.assert(
    fc.property(ticks, limits, ({ pool, seen }, bounds) => {
      const names = pool.flatMap((one) => [one, `${one}-`]);
      let past: ReturnType<typeof pastOf> = [];
      for (const { names: now, drawn } of seen) {
        const running = past.filter(({ state }) => state === 'running').map(({ batch }) => batch.share);
        const planned = planShares(now, past, bounds).map(({ share }) => share);
        for (const one of names) {
          const { length } = [...planned, ...running].filter((share) => inShare(share)(one));
          expect(length, one).toBeLessThanOrEqual(1);
          if (running.length === 0 || now.includes(one)) expect(length, one).toBe(1);
        }
        past = pastOf([...running, ...planned], now, drawn);
      }
    }),
  );
});

const sizes = (shares: Share[], names: string[]) =>
  shares.map((share) => names.filter(inShare(share)).length);
const names = Array.from({ length: 12 }, (_, n) => `c${String(n).padStart(2, '0')}`);
const plan = (past: ReturnType<typeof pastOf>, over = {}) =>
  planShares(names, past, { from: 1, clusters: 12, durationMs: 5000, ...over });

it('a batch that took too long is made smaller, and grows again when half as many would do', () => {
  const whole: Share[] = [{ from: '', except: [] }];
  const slow = plan(pastOf(whole, names, [{ state: 'done', ms: 15_000, slow: 0 }])).map(({ share }) => share);
  expect(sizes(slow, names)).toEqual([4, 4, 4]);
  const fast = plan(pastOf(slow, names, [{ state: 'done', ms: 100, slow: 0 }])).map(({ share }) => share);
  expect(sizes(fast, names)).toEqual([12]);
});

it('what fits stays as it is, with the worker that had it', () => {
  const shares: Share[] = [
    { from: '', to: 'c05', except: [] },
    { from: 'c05', except: [] },
  ];
  const past = pastOf(shares, names, [{ state: 'done', ms: 1000, slow: 0 }]).map(({ batch, state }) => ({
    state,
    batch: { ...batch, claim: { by: `w${batch.number}`, at: 0, until: 1 } },
  }));
  expect(plan(past, { clusters: 7 })).toEqual([
    { share: shares[0], home: 'w0', suspect: false },
    { share: shares[1], home: 'w1', suspect: false },
  ]);
  // A cluster more than fit: it is split anew.
  expect(
    planShares([...names, 'c04b', 'c04c'], past, { from: 1, clusters: 7, durationMs: 5000 }),
  ).toHaveLength(2);
  expect(planShares([...names, 'c04b'], past, { from: 1, clusters: 5, durationMs: 5000 })).toHaveLength(3);
});

it('one that died is halved, apart from all others, and put last', () => {
  const two: Share[] = [
    { from: '', to: 'c08', except: [] },
    { from: 'c08', except: [] },
  ];
  const [died, done] = pastOf(two, names, [
    { state: 'died', ms: 0, slow: 0 },
    { state: 'done', ms: 0, slow: 0 },
  ]);
  const halves = plan(died && done ? [died, done] : []);
  expect(
    sizes(
      halves.map(({ share }) => share),
      names,
    ),
  ).toEqual([4, 4, 4]);
  expect(halves.map(({ suspect }) => suspect)).toEqual([true, true, false]);
});

it('silent clusters are apart only while they are few: a network that is down is no reason to split it', () => {
  const whole: Share[] = [{ from: '', except: [] }];
  const few = plan(pastOf(whole, names, [{ state: 'done', ms: 1, slow: 2 }])).map(({ share }) => share);
  expect(few).toEqual([{ from: '', except: ['c00', 'c01'] }, { only: ['c00', 'c01'] }]);
  const many = plan(pastOf(whole, names, [{ state: 'done', ms: 1, slow: 4 }])).map(({ share }) => share);
  expect(many).toEqual(whole);
});

it('never makes more than 400 batches, however small they should be and whatever died', () => {
  const large = Array.from({ length: 2000 }, (_, n) => `c${String(n).padStart(4, '0')}`);
  const bounds = { from: 1, clusters: 1, durationMs: 500 };
  const first = planShares(large, [], bounds).map(({ share }) => share);
  expect(first.length).toBeLessThanOrEqual(400);
  const died = planShares(large, pastOf(first, large, [{ state: 'died', ms: 0, slow: 0 }]), bounds);
  expect(died.length).toBeLessThanOrEqual(400);
  expect(
    sizes(
      died.map(({ share }) => share),
      large,
    ).reduce((sum, size) => sum + size),
  ).toBe(2000);
});
