/** How a plan's end and its needs are kept in the row, for people. */
import { duration } from '../../alert/time.ts';
import { approversText } from '../../approvals.ts';
import type { Plan, Recovery } from '../../recovery/recovery.ts';

type Needs = NonNullable<Recovery['needs']>;
type Ended = NonNullable<Recovery['ended']>;

/** @param needed how many people must approve, those included who did. */
export function needsOf(
  { why, binding, missing }: Extract<Plan, { kind: 'needs-approval' }>,
  needed: number,
): Needs {
  return { kind: 'approval', why, approvals: { needed, missing }, binding };
}

/** "two others", "one more person": whose approval it waits for. */
export function awaitedText({ by }: Recovery, { binding, approvals }: Needs): string {
  return approversText(binding, { needed: approvals.needed, requester: by }, approvals.missing);
}

export function endedBy(
  plan: Extract<Plan, { kind: 'nothing' | 'refuse' }>,
  { requestedAt }: Recovery,
  now: number,
): Ended {
  if (plan.kind === 'refuse') return endedWith('refused', plan, now);
  const { outcome, summary } = plan;
  if (outcome === 'nothing-to-do') return { at: now, outcome, summary };
  return { at: now, outcome, summary: `${summary}, after ${duration(now - requestedAt)}` };
}

/** An end that is no good one: why, and what a person must do. */
export function endedWith(
  outcome: 'refused' | 'failed' | 'expired',
  { why, remedy }: { why: string; remedy: string },
  now: number,
): Ended {
  return { at: now, outcome, summary: `${why}. ${remedy}`, refusal: { why, remedy } };
}
