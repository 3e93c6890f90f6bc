/** What cannot be taken back, or is felt at once: each was planned from what was just seen. */
import type { RotationPlan } from '../../../rotation/plan/say.ts';
import type { Did, Rotation, RotationFailure } from '../../../rotation/rotation.ts';
import type { Turn } from './context.ts';
import { type HeldRotation, leaseMs } from './held.ts';
import { failed, giveBack } from './leave.ts';
import { done, onRecord } from './record.ts';
import { timed } from './timed.ts';

type Of<Do extends RotationPlan['do']> = Extract<RotationPlan, { do: Do }>;

export async function end(
  turn: Turn,
  held: HeldRotation,
  plan: Of<'end-old'> | Of<'end-fresh'>,
): Promise<'again' | 'stop'> {
  const { deps } = turn;
  const { ref, why } = plan;
  if (ref === '')
    return failed(turn, held, plan.do, { code: 'wrong', detail: 'it has no name at its provider' });
  const ended = await endOne(turn, held, plan.do, { ref, why });
  if (!ended.ok) return failed(turn, held, plan.do, ended);
  delete turn.seen.look;
  const reached = { ...held.value.reached, retired: deps.clock.now() };
  return done(held, plan.do === 'end-old' ? { stage: 'retired', reached } : { reached });
}

/**
 * How long an end that was asked for, and was not answered, may still come, ms; 0: nothing is to come. Until then nobody is
 * led back to what it ends.
 */
export function endMayCome({ ending, reached }: Rotation, ref: string | undefined, now: number): number {
  if (!ending || ending.ref !== ref || reached.retired !== undefined) return 0;
  return Math.max(0, ending.at + leaseMs - now);
}

/** Undefined: nothing ends it. Nobody is led to what may end at any moment. @throws LostRotation */
export async function endIsComing(
  { deps }: Turn,
  held: HeldRotation,
  ref: string | undefined,
): Promise<'stop' | undefined> {
  const ms = endMayCome(held.value, ref, deps.clock.now());
  if (ms === 0) return undefined;
  await giveBack(deps, held, { what: `what comes of the end of ${ref ?? ''}, which was asked for`, ms });
  return 'stop';
}

/** @throws LostRotation */
export async function endOne(
  turn: Turn,
  held: HeldRotation,
  step: string,
  { ref, why }: { ref: string; why: string },
): Promise<Did<void>> {
  const { kind, deps } = turn;
  await onRecord(turn, held, step, why, { ref });
  // Fences whoever read the row before: from here on no person turns the rotation round.
  await held.fence({ ending: { ref, at: deps.clock.now() } });
  const ended = (await kind.end?.(ref)) ?? nothing;
  if (!ended.ok && refusals.has(ended.code)) await held.update({}, ['ending']);
  return ended;
}

const nothing: Did<void> = { ok: true, value: undefined };

/** Refused is not done. */
const refusals: ReadonlySet<RotationFailure> = new Set([
  'denied',
  'dead',
  'throttled',
  'sealed',
  'outside-limits',
  'not-configured',
]);

export async function letStepDown(
  turn: Turn,
  held: HeldRotation,
  { consumer, why }: Of<'step-down'>,
): Promise<'again' | 'stop'> {
  const { deps, fleet } = turn;
  const cluster = fleet.clusters.find(({ name }) => name === consumer);
  if (!cluster)
    return failed(turn, held, 'step-down', {
      code: 'not-configured',
      detail: `fleet.yaml has no cluster ${consumer}`,
    });
  await onRecord(turn, held, 'step-down', why, { consumer });
  const { steppedDown: before = {} } = held.value;
  await held.fence({ steppedDown: { ...before, [consumer]: deps.clock.now() } });
  const stepped = await timed(deps.clock, consumer, () => deps.stepDown(cluster));
  if (!stepped.ok) {
    // The approval is not used up. Without an answer it may have been.
    if (refusals.has(stepped.code)) await held.update({ steppedDown: before });
    return failed(turn, held, 'step-down', stepped);
  }
  delete turn.seen.consumers;
  return done(held, {});
}

export async function raiseMinimum(
  turn: Turn,
  held: HeldRotation,
  { to, why }: Of<'raise-minimum'>,
): Promise<'again' | 'stop'> {
  const { deps, kind } = turn;
  await onRecord(turn, held, 'raise-minimum', why, { to });
  await held.fence({ raising: { to, at: deps.clock.now() } });
  const raised = await kind.raiseMinimum?.(to);
  if (!raised)
    return failed(turn, held, 'raise-minimum', { code: 'odd', detail: 'this kind has no minimum' });
  if (!raised.ok) return failed(turn, held, 'raise-minimum', raised);
  delete turn.seen.look;
  return done(held, {});
}
