/** What cannot be taken back, or is felt at once: each was planned from what was just seen. */
import type { RotationPlan } from '../../../rotation/plan/say.ts';
import type { RotationFailure } from '../../../rotation/rotation.ts';
import type { Turn } from './context.ts';
import type { HeldRotation } from './held.ts';
import { failed } from './leave.ts';
import { done, onRecord } from './record.ts';

type Of<Do extends RotationPlan['do']> = Extract<RotationPlan, { do: Do }>;

export async function end(
  turn: Turn,
  held: HeldRotation,
  plan: Of<'end-old'> | Of<'end-fresh'>,
): Promise<'again' | 'stop'> {
  const { deps, kind } = turn;
  const { ref, why } = plan;
  await onRecord(turn, held, plan.do, why, { ref });
  // Fences whoever read the row before: from here on no person turns the rotation round.
  await held.update({});
  const ended = await kind.end?.(ref);
  if (ended && !ended.ok) return failed(turn, held, plan.do, ended);
  delete turn.seen.look;
  const reached = { ...held.value.reached, retired: deps.clock.now() };
  return done(held, plan.do === 'end-old' ? { stage: 'retired', reached } : { reached });
}

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
  await held.update({ steppedDown: { ...before, [consumer]: deps.clock.now() } });
  const stepped = await deps.stepDown(cluster);
  if (!stepped.ok) {
    // Refused is not done: the approval is not used up. Without an answer it may have been.
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
  await held.update({ raising: { to, at: deps.clock.now() } });
  const raised = await kind.raiseMinimum?.(to);
  if (!raised)
    return failed(turn, held, 'raise-minimum', { code: 'odd', detail: 'this kind has no minimum' });
  if (!raised.ok) return failed(turn, held, 'raise-minimum', raised);
  delete turn.seen.look;
  return done(held, {});
}
