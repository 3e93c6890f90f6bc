/** A person's approval, and the name of what it is for (rule 7). */
import { approvalLifeMs, sortedSteps } from '../approvals.ts';
import { canonicalHash } from './canonical-hash.ts';
import type { Approval, ApprovalBinding, Person } from './person.ts';

/** @param now wall-clock time, ms. */
export function approve(person: Person, binding: ApprovalBinding, now: number): Approval {
  return {
    binding: { ...binding, steps: sortedSteps(binding.steps) },
    by: person.id,
    name: person.name,
    at: now,
    expiresAt: now + approvalLifeMs,
  };
}

/** SHA-256 (hex) of what would be approved: a person's word names by it what the person was shown. */
export function bindingHash({
  recovery,
  cluster,
  steps,
  fleetEntry,
  generation,
  trust,
}: ApprovalBinding): string {
  const of = generation && { generation: generation.generation, revision: generation.revision };
  return canonicalHash({ recovery, cluster, steps: sortedSteps(steps), fleetEntry, generation: of, trust });
}
