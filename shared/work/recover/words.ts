/** How a plan's end and its needs are kept in the row, for people. */
import { duration } from '../../alert/time.ts';
import type { Plan, Recovery } from '../../recovery/recovery.ts';

export function needsOf(plan: Extract<Plan, { kind: 'needs-approval' }>): NonNullable<Recovery['needs']> {
  return { kind: 'approval', why: plan.why, binding: plan.binding };
}

export function endedBy(
  plan: Extract<Plan, { kind: 'nothing' | 'refuse' }>,
  { requestedAt }: Recovery,
  now: number,
): NonNullable<Recovery['ended']> {
  if (plan.kind === 'refuse') {
    return { at: now, outcome: 'refused', summary: `${plan.why}. ${plan.remedy}` };
  }
  const { outcome, summary } = plan;
  if (outcome === 'nothing-to-do') return { at: now, outcome, summary };
  return { at: now, outcome, summary: `${summary}, after ${duration(now - requestedAt)}` };
}
