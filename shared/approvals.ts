/**
 * Which approvals count, and for how long (rule 7). Pure. Here and in no room: the plan of a recovery and the rebind of a
 * generation go by the same rule.
 */
import type { Approval, ApprovalBinding, StepKind } from './people/person.ts';

/** How long an approval lasts, ms. */
export const approvalLifeMs = 60 * 60_000;
/** How far the clocks of two instances may differ, ms. */
const toleranceMs = 60_000;

export interface Asked {
  /** How many people are asked for. */
  needed: number;
  /** Person.id of who asked for the recovery, or `app:recover`. */
  requester: string;
}

export interface Counted {
  /** One a person, the newest. */
  valid: Approval[];
  /** How many people are still to approve. */
  missing: number;
}

/**
 * Those that count for exactly this binding. One that differs in any field counts for nothing; so does one by somebody
 * who may not approve it.
 *
 * @param now wall-clock time, ms.
 */
export function validApprovals(
  approvals: readonly Approval[],
  binding: ApprovalBinding,
  asked: Asked,
  now: number,
): Counted {
  const byPerson = new Map<string, Approval>();
  for (const approval of approvals) {
    if (!isInForce(approval, now) || !isSameBinding(approval.binding, binding)) continue;
    if (approverProblem(approval.by, binding, asked) !== undefined) continue;
    const other = byPerson.get(approval.by);
    if (!other || other.at < approval.at) byPerson.set(approval.by, approval);
  }
  const valid = [...byPerson.values()];
  return { valid, missing: Math.max(0, asked.needed - valid.length) };
}

/**
 * How many people are still to approve exactly this.
 *
 * @param now wall-clock time, ms.
 */
export function countApprovals<B>(
  approvals: readonly (Omit<Approval, 'binding'> & { binding: B })[],
  isIt: (binding: B) => boolean,
  { needed, mayCount, now }: { needed: number; mayCount: (by: string) => boolean; now: number },
): number {
  const people = new Set(
    approvals
      .filter((approval) => isInForce(approval, now) && isIt(approval.binding) && mayCount(approval.by))
      .map(({ by }) => by),
  );
  return Math.max(0, needed - people.size);
}

/**
 * Why this person's approval counts for nothing; undefined: it counts. Where two are asked for, they are others than the
 * requester. A rebind changes where shares go: nobody does that alone, however few are asked for.
 *
 * @param by Person.id
 */
export function approverProblem(
  by: string,
  { steps }: Pick<ApprovalBinding, 'steps'>,
  { needed, requester }: Asked,
): string | undefined {
  if (by !== requester) return undefined;
  if (steps.includes('rebind')) {
    return 'a rebind changes where shares go: somebody else must approve it than who asked for it';
  }
  return needed >= 2 ? 'two others must approve: whoever asked for it does not count' : undefined;
}

/** "two others", "one more person": whose approval is waited for. @param missing how many are still to approve. */
export function approversText(
  binding: Pick<ApprovalBinding, 'steps'>,
  asked: Asked,
  missing: number,
): string {
  if (missing < asked.needed) return 'one more person';
  if (!excludesRequester(binding, asked)) return missing === 1 ? 'one person' : 'two people';
  return missing === 1 ? 'somebody else' : 'two others';
}

/** Whether whoever asked may not approve. The app itself approves nothing anyway. */
export function excludesRequester(binding: Pick<ApprovalBinding, 'steps'>, asked: Asked): boolean {
  const { requester } = asked;
  return !requester.startsWith('app:') && approverProblem(requester, binding, asked) !== undefined;
}

/** Each kind once, in one order. */
export function sortedSteps(steps: Iterable<StepKind>): StepKind[] {
  return [...new Set(steps)].sort();
}

/** A row does not say itself how long it lasts: 60 minutes is the most, whatever stands in it. */
function isInForce({ at, expiresAt }: Pick<Approval, 'at' | 'expiresAt'>, now: number): boolean {
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
