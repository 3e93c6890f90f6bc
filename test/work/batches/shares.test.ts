/** How the past of a fleet's batches becomes the next ones. */
import { describe, expect, it } from 'vitest';
import type { Batch, BatchResult, Share } from '../../../shared/state/ports.ts';
import { inShare } from '../../../shared/state/share.ts';
import { planShares } from '../../../shared/work/batches/shares.ts';
import type { BatchState } from '../../../shared/work/batches/state-of.ts';
import { aBatch, aBatchResult } from '../../fakes/state/examples.ts';

interface Past {
  batch: Batch;
  state: BatchState;
}
type Fate = { state?: BatchState; by?: string } & Partial<Pick<BatchResult, 'slow' | 'prompt'>>;

/** Names that sort as their numbers do. */
const named = (count: number) => Array.from({ length: count }, (_, n) => `c${String(n).padStart(5, '0')}`);
const limits = { from: 1, clusters: 10, durationMs: 5000 };
const whole: Share = { from: '', except: [] };
const nothing = { ms: 0, clusters: 1 };

function ended(share: Share, { state = 'done', by = 'w', ...result }: Fate = {}, number = 0): Past {
  const claim = { by, at: 0, until: 1 };
  const batch = aBatch({ number, share, ...(state !== 'untaken' && { claim }) });
  const done = { ...batch, result: aBatchResult({ prompt: nothing, ...result }) };
  return { batch: state === 'done' ? done : batch, state };
}
const sharesOf = (names: string[], past: Past[], bounds = limits) =>
  planShares(names, past, bounds).map(({ share }) => share);
const having = (name: string, shares: Share[]) => shares.filter((share) => inShare(share)(name));
const sizes = (names: string[], shares: Share[]) =>
  shares.map((share) => names.filter(inShare(share)).length);
/** What is planned after these shares were, and came to that. */
const next = (shares: Share[], fateOf: (share: Share) => Fate | undefined) =>
  shares.map((share, number) => ended(share, fateOf(share), number));

describe('clusters that wait for silent nodes', () => {
  const names = named(10);
  const after = (count: number) => sharesOf(names, [ended(whole, { slow: names.slice(4, 4 + count) })]);

  it('are apart while they are a fifth of all, and not when they are more', () => {
    expect(after(2)).toEqual([{ from: '', except: names.slice(4, 6) }, { only: names.slice(4, 6) }]);
    expect(after(3)).toEqual([whole]);
  });

  it('count nothing of the time that others took', () => {
    const many = named(100);
    const [first, second] = [many.slice(0, 88), many.slice(88)];
    const past = ended(whole, { slow: second, prompt: { ms: 44_000, clusters: 88 } });
    const shares = sharesOf(many, [past], { ...limits, clusters: 50 });
    expect(shares.filter((share) => 'only' in share)).toEqual([{ only: second }]);
    // Each of the others took half a second.
    const others = shares.filter((share) => 'from' in share);
    expect(sizes(first, others)).toEqual([10, 10, 10, 10, 10, 10, 10, 10, 8]);
  });

  it('stay apart where no worker took their batch', () => {
    const planned = after(2);
    expect(
      sharesOf(
        names,
        next(planned, () => ({ state: 'untaken' })),
      ),
    ).toEqual(planned);
  });

  it('are left to their batch while it runs', () => {
    const planned = next(after(2), (share) => ({ state: 'only' in share ? 'running' : 'done' }));
    expect(sharesOf(names, planned)).toEqual([{ from: '', except: names.slice(4, 6) }]);
  });
});

describe('a batch that is running', () => {
  it('keeps the new names of its range, though its first clusters left fleet.yaml meanwhile', () => {
    const share = { from: 'c12', to: 'c16', except: [] };
    const planned = sharesOf(['c10', 'c11', 'c15', 'c17'], [ended(share, { state: 'running' })]);
    for (const name of ['c12', 'c13', 'c15', 'c15a'])
      expect(having(name, [...planned, share])).toEqual([share]);
    for (const name of ['a', 'c11z', 'c17', 'z']) expect(having(name, planned)).toHaveLength(1);
  });

  it('keeps them, too, where a slow cluster of its range has a batch of its own', () => {
    const share = { from: 'c12', to: 'c16', except: ['c13'] };
    const names = ['c10', 'c11', 'c13', 'c15', 'c17', 'c18'];
    const past = [ended(share, { state: 'running' }), ended({ only: ['c13'] }, { slow: ['c13'] }, 1)];
    const planned = sharesOf(names, past);
    expect(having('c12', [...planned, share])).toEqual([share]);
    expect(having('c13', [...planned, share])).toEqual([{ only: ['c13'] }]);
  });

  it('nor has another batch a new name beside one of its range that is slow no more: that one is alone', () => {
    const share = { from: 'c12', to: 'c16', except: ['c13'] };
    const names = ['c10', 'c12', 'c13', 'c15', 'c17', 'c18'];
    const past = [ended(share, { state: 'running' }), ended({ only: ['c13'] }, {}, 1)];
    const planned = sharesOf(names, past);
    expect(planned).toEqual([
      { from: '', to: 'c12', except: [] },
      { from: 'c16', except: [] },
      { only: ['c13'] },
    ]);
  });

  it('leaves what is behind its range to others, though the next clusters left fleet.yaml meanwhile', () => {
    const share = { from: 'c12', to: 'c16', except: [] };
    const planned = sharesOf(['c10', 'c12', 'c18'], [ended(share, { state: 'running' })]);
    expect(planned).toEqual([
      { from: '', to: 'c12', except: [] },
      { from: 'c16', except: [] },
    ]);
  });

  it('alone, and whose cluster left fleet.yaml meanwhile, has it for itself', () => {
    const past = [ended({ from: '', except: ['c13'] }), ended({ only: ['c13'] }, { state: 'running' }, 1)];
    expect(sharesOf(['c10', 'c17'], past)).toEqual([{ from: '', except: ['c13'] }]);
  });
});

describe('shares that still fit', () => {
  const names = named(40);
  const first = sharesOf(names, []);
  const done = next(first, () => ({}));

  it('are kept, though others would do as well', () => {
    expect(sizes(names, first)).toEqual([10, 10, 10, 10]);
    const less = names.filter((_, index) => index !== 3);
    expect(sharesOf(less, done)).toEqual(first);
  });

  it('are kept while they are at most a quarter more than are needed', () => {
    const after = (clusters: number) => {
      const before = sharesOf(names, [], { ...limits, clusters });
      const now = sharesOf(
        names,
        next(before, () => ({})),
      );
      return [before.length, now.length];
    };
    expect(after(8)).toEqual([5, 5]);
    expect(after(7)).toEqual([6, 4]);
  });

  it('are not kept where one of them has no clusters any more', () => {
    // So many that one more would be no reason.
    const small = { ...limits, clusters: 5 };
    const past = next(sharesOf(names, [], small), () => ({}));
    const less = names.filter((name) => name < 'c00010' || name >= 'c00015');
    expect(sizes(less, sharesOf(less, past, small))).toEqual([5, 5, 5, 5, 5, 5, 5]);
  });

  it.each([0, 1, 3])(
    'are not kept where names are in none of them, of clusters or not (without %i)',
    (lost) => {
      const hole = done.filter((_, index) => index !== lost);
      const less = names.filter((name) => hole.some(({ batch }) => inShare(batch.share)(name)));
      const planned = sharesOf(less, hole);
      for (const name of names) expect(having(name, planned), name).toHaveLength(1);
    },
  );

  it('are not kept where a name is in two of them', () => {
    const overlap = done.map((past, index) => {
      const share = { from: index === 0 ? '' : 'c00008', to: 'c00010', except: [] };
      return index < 2 ? { ...past, batch: { ...past.batch, share } } : past;
    });
    // As many are counted twice as are in none.
    const less = names.filter((name) => name < 'c00012' || name >= 'c00020');
    const planned = sharesOf(less, overlap);
    for (const name of less) expect(having(name, planned), name).toHaveLength(1);
  });

  it('are not kept where one of them leaves out whoever nobody else has', () => {
    const less = names.filter((name) => name !== 'c00003');
    const past = next(first, () => ({})).map((one, index) =>
      index > 0
        ? one
        : { ...one, batch: { ...one.batch, share: { from: '', to: 'c00010', except: ['c00003'] } } },
    );
    expect(having('c00003', sharesOf(less, past))).toHaveLength(1);
  });
});

describe('batches that no worker took, or that failed', () => {
  it.each(['untaken', 'failed'] as const)('are made no larger: nothing new is known (%s)', (state) => {
    const names = named(40);
    const prompt = { ms: 10_000, clusters: 10 };
    const smaller = sharesOf(
      names,
      next(sharesOf(names, []), () => ({ prompt })),
    );
    expect(sizes(names, smaller)).toEqual([5, 5, 5, 5, 5, 5, 5, 5]);
    expect(
      sharesOf(
        names,
        next(smaller, () => ({ state })),
      ),
    ).toEqual(smaller);
  });
});

describe('the home of a batch', () => {
  const names = named(30);
  const homes = (past: Past[]) => planShares(names, past, limits).map(({ home }) => home);
  const shares = sharesOf(names, []);

  it('is the worker that ran it to the end, and nobody where it died, failed or was not taken', () => {
    for (const state of ['died', 'failed', 'untaken'] as const) {
      const past = shares.map((share, n) =>
        ended(share, { by: `w${n}`, state: n === 1 ? state : 'done' }, n),
      );
      const expected = state === 'died' ? ['w0', undefined, undefined, 'w2'] : ['w0', undefined, 'w2'];
      expect(homes(past), state).toEqual(expected);
    }
  });

  it('is nobody where a batch died with its clusters, whoever else had them', () => {
    const past = [ended(whole, { by: 'w0' }), ended({ only: names.slice(0, 4) }, { state: 'died' }, 1)];
    const planned = planShares(names, past, limits);
    expect(planned.map(({ home, suspect }) => [home, suspect])).toEqual([
      ['w0', false],
      ['w0', false],
      ['w0', false],
      [undefined, true],
      [undefined, true],
    ]);
  });
});

describe('batches that died', () => {
  it('are halved each for itself, though they were neighbours', () => {
    const names = named(9);
    const past = sharesOf(names, [], { ...limits, clusters: 3 }).map((share, n) =>
      ended(share, { state: n < 2 ? 'died' : 'done' }, n),
    );
    const planned = planShares(names, past, limits);
    expect(planned.map(({ share, suspect }) => [names.filter(inShare(share)).length, suspect])).toEqual([
      [2, true],
      [1, true],
      [2, true],
      [1, true],
      [3, false],
    ]);
  });

  it('stay halved where there are as many batches as there may be', () => {
    const names = named(20_000);
    const bounds = { ...limits, clusters: 50 };
    let shares = sharesOf(names, [], bounds);
    expect(shares).toHaveLength(400);
    for (const half of [25, 13]) {
      const past = next(shares, (share) => ({ state: inShare(share)('c00007') ? 'died' : 'done' }));
      shares = sharesOf(names, past, bounds);
      expect(shares.length).toBeLessThanOrEqual(400);
      expect(sizes(names, having('c00007', shares))).toEqual([half]);
    }
  });
});

it('a batch that says it took for ever makes no more batches than there may be', () => {
  const names = named(2000);
  const prompt = { ms: 1e300, clusters: 1 };
  const shares = sharesOf(names, [ended(whole, { prompt })]);
  expect(shares.length).toBeGreaterThan(200);
  expect(shares.length).toBeLessThanOrEqual(400);
});
