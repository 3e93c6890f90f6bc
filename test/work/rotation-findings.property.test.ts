/** Whatever stands in rows of rotations: each code once, on one line, and nothing said under what is not told. */
import * as fc from 'fast-check';
import { expect, it } from 'vitest';
import type { Rotation, Stage } from '../../shared/rotation/rotation.ts';
import { judgeRotations } from '../../shared/work/rotation-findings/judge.ts';
import { aFullRotation, aRotation, aRotationBinding, noon } from '../fakes/state/rotate-examples.ts';
import { cluster } from '../scenarios/build.ts';

const day = 24 * 3_600_000;
const failing = { code: 'denied' } as const;
const needs = { binding: aRotationBinding(), missing: 1 };

const times = fc.constantFrom(0, noon - day, noon, noon + day, Number.MAX_SAFE_INTEGER);
const row: fc.Arbitrary<Rotation> = fc
  .record({
    stage: fc.constantFrom<Stage>('due', 'created', 'delivered', 'verified', 'retired'),
    direction: fc.constantFrom('forward' as const, 'back' as const),
    kind: fc.constantFrom('transit-token' as const, 'transit-key' as const),
    text: fc.string({ unit: 'binary', maxLength: 3000 }),
    at: times,
    overdueAt: times,
    tries: fc.option(fc.nat(9)),
    asks: fc.boolean(),
    bare: fc.boolean(),
  })
  .map(({ stage, direction, kind, text, at, overdueAt, tries, asks, bare }) => {
    if (bare) return aRotation({ stage, direction, kind });
    const { needs: _needs, ...full } = aFullRotation({ stage, direction, kind, byName: text, reason: text });
    return {
      ...full,
      credential: text,
      fresh: { ref: text },
      sinks: { [text]: { startedAt: at, where: text } },
      waiting: { what: text, since: at, until: at, overdueAt },
      ...(tries !== null && { failing: { ...failing, what: text, message: text, since: at, times: tries } }),
      ...(asks && { needs: { ...needs, why: text } }),
    };
  });

it('whatever stands in the rows: each code once, on one line, and nothing under what is not told itself', () => {
  fc.assert(
    fc.property(fc.array(row, { maxLength: 3 }), fc.constantFrom(0, noon, noon + 30 * day), (rows, now) => {
      const found = judgeRotations(cluster(), rows, now);
      expect(new Set(found.map(({ code }) => code)).size).toBe(found.length);
      const told = found.filter(({ under }) => under === undefined).map(({ code }) => code);
      for (const { under, summary, evidence, advice } of found) {
        if (under) expect(told).toContain(under);
        for (const text of [summary, advice, ...evidence]) expect(text).not.toMatch(/[\p{Cc}\p{Zl}\p{Zp}]/u);
        expect(summary.length).toBeLessThan(3 * 800);
      }
    }),
    { numRuns: 300 },
  );
});
