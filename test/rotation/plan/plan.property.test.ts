/** What no plan may ever say, whatever its input is. */
import * as fc from 'fast-check';
import { expect, it } from 'vitest';
import { inUse } from '../../../shared/rotation/plan/in-use.ts';
import { sinkNames } from '../../../shared/rotation/plan/policy.ts';
import { neededBy } from '../../../shared/rotation/plan/versions.ts';
import { planRotation } from '../../../shared/rotation/plan.ts';
import { anyInput } from './any-input.ts';

const numRuns = process.env['SEALWATCH_DEEP'] === undefined ? 5_000 : 200_000;

it('keeps what works, what may be read, what is needed, and its direction', () => {
  const said: Record<string, number> = {};
  fc.assert(
    fc.property(anyInput, (given) => {
      const plan = planRotation(given);
      said[plan.do] = (said[plan.do] ?? 0) + 1;
      const { rotation, consumers, cluster, kind, held, look, now } = given;
      if (plan.do === 'wait' || plan.do === 'approval') expect(plan.until).toBeGreaterThanOrEqual(now);
      if (!rotation) return;
      if (plan.do === 'end-old' || plan.do === 'end-fresh') {
        const untouched = Object.values(rotation.sinks).every(({ startedAt }) => startedAt === undefined);
        if (plan.do === 'end-old' || !untouched) {
          expect(inUse(rotation, consumers)).toEqual({ yes: true });
          const grace = cluster.rotation?.graceMs ?? 0;
          expect(rotation.inUseAt).toBeLessThanOrEqual(now - grace);
        }
        if (plan.do === 'end-fresh') {
          for (const [name, { startedAt, restoredAt }] of Object.entries(rotation.sinks)) {
            if (startedAt === undefined) continue;
            // By us, or by a person who says so.
            expect(restoredAt ?? rotation.confirmed?.at).toBeDefined();
            expect(held[name]).not.toEqual({ ok: true, value: 'fresh' });
          }
        }
      }
      if (plan.do === 'end-old') {
        expect(rotation).toMatchObject({
          direction: 'forward',
          stage: 'verified',
          old: { ours: true, ref: plan.ref },
        });
        for (const what of Object.values(held)) expect(what).toEqual({ ok: true, value: 'fresh' });
        for (const name of sinkNames(cluster, kind)) expect(rotation.sinks[name]?.deliveredAt).toBeDefined();
      }
      if (plan.do === 'raise-minimum') {
        for (const consumer of consumers) {
          const needed = look.ok ? neededBy(consumer, look.value) : undefined;
          expect(plan.to).toBeLessThanOrEqual(needed ?? Number.NEGATIVE_INFINITY);
        }
        expect(given.approvals.map(({ binding }) => binding.what)).toContain(String(plan.to));
        expect(kind).toBe('transit-key');
      }
      if (plan.do === 'deliver') {
        expect(rotation.triedAt !== undefined || rotation.stage !== 'created').toBe(true);
        expect(rotation.direction).toBe('forward');
      }
      if (rotation.direction === 'back')
        expect([
          'create',
          'adopt',
          'stage',
          'try',
          'deliver',
          'delivered',
          'verify',
          'end-old',
          'step-down',
          'raise-minimum',
        ]).not.toContain(plan.do);
      if (plan.do === 'restore') expect(rotation.direction).toBe('back');
      if (plan.do === 'discard')
        expect(
          rotation.stage === 'due' ||
            Object.values(rotation.sinks).every(({ startedAt }) => startedAt === undefined) ||
            rotation.direction === 'back',
        ).toBe(true);
      if (given.blocked.some(({ evenRepairs }) => evenRepairs)) expect(plan.do).toBe('wait');
    }),
    { numRuns },
  );
  // Each of them was said, so that each of them was judged.
  for (const each of [
    'end-old',
    'end-fresh',
    'raise-minimum',
    'deliver',
    'restore',
    'step-down',
    'turn-back',
  ])
    expect(said[each]).toBeGreaterThan(0);
});
