/** How a plan's end and its needs are kept in the row, for people. */
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
  return { at: now, outcome, summary: `${summary}, after ${durationWords(now - requestedAt)}` };
}

export function durationWords(ms: number): string {
  const seconds = Math.round(ms / 1000);
  if (seconds < 120) return `${seconds} s`;
  return seconds < 7200 ? `${Math.round(seconds / 60)} min` : `${Math.round(seconds / 3600)} h`;
}
