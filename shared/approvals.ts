/**
 * Which approvals count, and for how long (rule 7). Pure. Here and in no room: the plan of a recovery and the rebind of a
 * generation go by the same rule.
 */
import type { Approval, ApprovalBinding, StepKind } from './people/person.ts';

/** How long an approval lasts, ms. */
export const approvalLifeMs = 60 * 60_000;
/** How far the clocks of two instances may differ, ms. */
const toleranceMs = 60_000;

export interface Counted {
  /** One a person, the newest. */
  valid: Approval[];
  /** How many people are still to approve. */
  missing: number;
}

/**
 * Those that count for exactly this binding. One that differs in any field counts for nothing; so does the
 * requester's where two people are asked for.
 *
 * @param requester Person.id, or `app:recover`.
 * @param now wall-clock time, ms.
 */
export function validApprovals(
  approvals: readonly Approval[],
  binding: ApprovalBinding,
  { needed, requester }: { needed: number; requester: string },
  now: number,
): Counted {
  const byPerson = new Map<string, Approval>();
  for (const approval of approvals) {
    if (!isInForce(approval, now) || !isSameBinding(approval.binding, binding)) continue;
    if (needed >= 2 && approval.by === requester) continue;
    const other = byPerson.get(approval.by);
    if (!other || other.at < approval.at) byPerson.set(approval.by, approval);
  }
  const valid = [...byPerson.values()];
  return { valid, missing: Math.max(0, needed - valid.length) };
}

/** Each kind once, in one order. */
export function sortedSteps(steps: Iterable<StepKind>): StepKind[] {
  return [...new Set(steps)].sort();
}

/** A row does not say itself how long it lasts: 60 minutes is the most, whatever stands in it. */
function isInForce({ at, expiresAt }: Approval, now: number): boolean {
  return at <= now + toleranceMs && now < Math.min(expiresAt, at + approvalLifeMs);
}

function isSameBinding(a: ApprovalBinding, b: ApprovalBinding): boolean {
  return (
    a.recovery === b.recovery &&
    a.cluster === b.cluster &&
    a.fleetEntry === b.fleetEntry &&
    a.generation?.generation === b.generation?.generation &&
    a.generation?.revision === b.generation?.revision &&
    a.trust === b.trust &&
    sortedSteps(a.steps).join() === sortedSteps(b.steps).join()
  );
}
