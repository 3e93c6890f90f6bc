import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { distributionOf, type Holding, holdingsOf } from '../../shared/escrow/distribution.ts';
import { sealed, spread } from './build.ts';

const of = (custodians: Holding[], threshold = 3, count = 5) =>
  distributionOf({ custodians, threshold, count });

describe('who holds which share', () => {
  it('is sound when no custodian is needed and none is enough', () => {
    expect(of(spread)).toEqual({ problems: [], singlePoints: [], reachAlone: [] });
  });

  it('has a single point wherever the loss of one leaves too few', () => {
    const lopsided = [
      { name: 'alpha', shares: [1, 2, 3] },
      { name: 'beta', shares: [4, 5] },
    ];
    expect(of(lopsided)).toMatchObject({ singlePoints: ['alpha'], reachAlone: ['alpha'] });
    expect(of([{ name: 'only', shares: [1, 2, 3, 4, 5] }])).toMatchObject({
      singlePoints: ['only'],
      reachAlone: ['only'],
    });
  });

  it('counts a share that several hold once', () => {
    const mirrored = [
      { name: 'alpha', shares: [1, 2, 3, 4, 5] },
      { name: 'beta', shares: [1, 2, 3, 4, 5] },
    ];
    expect(of(mirrored)).toEqual({ problems: [], singlePoints: [], reachAlone: ['alpha', 'beta'] });
    const twice = [
      { name: 'alpha', shares: [1, 2] },
      { name: 'beta', shares: [1, 2] },
      { name: 'gamma', shares: [3, 4, 5] },
    ];
    expect(of(twice)).toMatchObject({ singlePoints: ['gamma'], reachAlone: ['gamma'] });
  });

  it.each<[string, Holding[], string]>([
    ['a share nobody holds', [{ name: 'a', shares: [1, 2, 3, 4] }], 'share 5 has no custodian'],
    [
      'a share there is none of',
      [{ name: 'a', shares: [1, 2, 3, 4, 5, 6] }],
      'names share 6, but there are shares 1 to 5',
    ],
    ['share 0', [{ name: 'a', shares: [0, 1, 2, 3, 4, 5] }], 'names share 0'],
    ['half a share', [{ name: 'a', shares: [1, 2, 3, 4, 5, 1.5] }], 'names share 1.5'],
    ['a share twice', [{ name: 'a', shares: [1, 1, 2, 3, 4, 5] }], 'names share 1 twice'],
    ['a custodian without shares', [...spread, { name: 'idle', shares: [] }], '"idle" holds no share'],
    ['two of one name', [...spread, { name: 'alpha', shares: [3] }], '"alpha" is named twice'],
    ['nobody', [], 'share 1 has no custodian'],
  ])('cannot be sealed with %s', (_what, custodians, problem) => {
    expect(of(custodians).problems.join('\n')).toContain(problem);
  });

  it('is read back from the envelopes', async () => {
    expect(holdingsOf((await sealed()).generation.envelopes)).toEqual(spread);
  });

  it('calls single points exactly those whose loss leaves fewer than the threshold', () => {
    const plan = fc.array(fc.uniqueArray(fc.integer({ min: 1, max: 5 }), { minLength: 1 }), {
      minLength: 1,
      maxLength: 4,
    });
    fc.assert(
      fc.property(plan, fc.integer({ min: 1, max: 5 }), (lists, threshold) => {
        const custodians = lists.map((shares, place) => ({ name: `c${place}`, shares }));
        const { singlePoints } = of(custodians, threshold);
        for (const { name } of custodians) {
          const left = new Set(custodians.filter((one) => one.name !== name).flatMap(({ shares }) => shares));
          expect(singlePoints.includes(name)).toBe(left.size < threshold);
        }
      }),
    );
  });
});
