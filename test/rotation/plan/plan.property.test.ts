/** What no plan may ever say, whatever its input is. */
import * as fc from 'fast-check';
import { expect, it } from 'vitest';
import { inUse } from '../../../shared/rotation/plan/in-use.ts';
import { sinkNames } from '../../../shared/rotation/plan/policy.ts';
import type { RotationInput } from '../../../shared/rotation/plan/say.ts';
import { neededBy } from '../../../shared/rotation/plan/versions.ts';
import { planRotation } from '../../../shared/rotation/plan.ts';
import { anyInput } from './any-input.ts';

const numRuns = process.env['SEALWATCH_DEEP'] === undefined ? 5_000 : 200_000;

it('keeps what works, what may be read, what is needed, and its direction', { timeout: 120_000 }, () => {
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
          expect(inUse(rotation, consumers, given.fleet)).toEqual({ yes: true });
          expect(isUsed(given)).toBe(false);
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
          if (!untouched)
            for (const what of Object.values(given.reads ?? {}))
              expect(what).not.toEqual({ ok: true, value: 'fresh' });
        }
      }
      if (plan.do === 'end-old') {
        expect(rotation).toMatchObject({
          direction: 'forward',
          stage: 'verified',
          old: { ours: true, ref: plan.ref },
        });
        for (const what of [...Object.values(held), ...Object.values(given.reads ?? {})])
          expect(what).toEqual({ ok: true, value: 'fresh' });
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
      if (plan.do === 'in-use') expect(isUsed(given)).toBe(false);
      if (given.blocked.some(({ evenRepairs }) => evenRepairs)) expect(['wait', 'renew']).toContain(plan.do);
      if (given.credential === 'another')
        expect(
          rotation.fresh || rotation.creating ? ['wait', 'renew'] : ['wait', 'renew', 'finish'],
        ).toContain(plan.do);
      if (plan.do === 'renew') {
        expect(kind === 'transit-token' || plan.which === 'current').toBe(true);
        expect(given.credential === 'another' && plan.which === 'fresh').toBe(false);
      }
      if (plan.do === 'turn-back')
        expect(Object.values(rotation.sinks).some(({ startedAt }) => startedAt !== undefined)).toBe(true);
    }),
    { numRuns },
  );
  // Each of them was said, so that each of them was judged; a few hundred draws may miss a rare one.
  if (process.env['SEALWATCH_DEEP'] === undefined) return;
  for (const each of [
    'end-old',
    'end-fresh',
    'raise-minimum',
    'deliver',
    'restore',
    'step-down',
    'turn-back',
    'renew',
    'in-use',
    'discard',
    'forget-creation',
  ])
    expect(said[each]).toBeGreaterThan(0);
});

/**
 * Somebody renewed it since the newest node started, or since a person said so of whoever is not seen, and it was not us; or it
 * was seen in use, and a node runs since before.
 */
function isUsed({ rotation, lastUsedAt, consumers, fleet }: RotationInput): boolean {
  if (!rotation) return false;
  const credential = rotation.direction === 'back' ? rotation.fresh : rotation.old;
  const isGone = lastUsedAt?.ok === true && lastUsedAt.value === undefined;
  const starts = consumers.flatMap(({ nodes }) => nodes.flatMap(({ startedAt }) => startedAt ?? []));
  const { usedAt, confirmed, ...unconfirmed } = rotation;
  if (usedAt !== undefined && !isGone && starts.some((start) => start <= usedAt)) return true;
  const at = lastUsedAt?.ok ? lastUsedAt.value : undefined;
  if (at === undefined || Math.abs(at - (credential?.renewedAt ?? 0)) <= 120_000) return false;
  const bare = inUse(unconfirmed, consumers, fleet);
  const words = !bare.yes && bare.unseen.length > 0 ? [confirmed?.at ?? Number.POSITIVE_INFINITY] : [];
  return at >= Math.max(...starts, ...words) - 2_000;
}
