/** Rule 7: who has approved exactly this, and how many are missing. */
import type { Approval, ApprovalBinding, StepKind } from '../../people/person.ts';
import { lastSent } from '../intents.ts';
import type { PlanInput } from '../recovery.ts';

/** All that a recovery which unseals goes through from the first share on; sorted. */
const unsealingSteps: StepKind[] = ['await-joiner', 'await-leader', 'unseal-node', 'verify'];

/** What people approve when this plan needs them; undefined without a generation to unseal with. */
export function bindingOf({
  recovery,
  cluster,
  fleetEntry,
  generation,
}: PlanInput): ApprovalBinding | undefined {
  if (generation.state !== 'ready') return undefined;
  return {
    recovery: recovery.id,
    cluster: cluster.name,
    steps: unsealingSteps,
    fleetEntry,
    generation: { generation: generation.row.generation, revision: generation.row.revision },
  };
}

/** An approval is good for 60 minutes at most, whatever its row says (rule 7). */
const longestMs = 60 * 60_000;
/** How far the clocks of two instances may differ: an approval of a time to come is none. */
const skewMs = 60_000;

/**
 * How many more people must approve. Where two are asked for, the requester is none of them.
 *
 * @param requester Person.id, or `app:recover`.
 */
export function missingApprovals(
  binding: ApprovalBinding,
  approvals: readonly Approval[],
  required: 1 | 2,
  requester: string,
  now: number,
): number {
  const people = approvals
    .filter(
      ({ binding: approved, by, at, expiresAt }) =>
        covers(approved, binding) &&
        at <= now + skewMs &&
        now < Math.min(expiresAt, at + longestMs) &&
        (required === 1 || by !== requester),
    )
    .map(({ by }) => by);
  return Math.max(0, required - new Set(people).size);
}

/** A plan that needs any other step kind, fleet.yaml entry or generation needs another approval. */
function covers(approved: ApprovalBinding, wanted: ApprovalBinding): boolean {
  return (
    approved.recovery === wanted.recovery &&
    approved.cluster === wanted.cluster &&
    approved.fleetEntry === wanted.fleetEntry &&
    approved.generation?.generation === wanted.generation?.generation &&
    approved.generation?.revision === wanted.generation?.revision &&
    wanted.steps.every((step) => approved.steps.includes(step))
  );
}

/**
 * Those that speak of this seal of the node: who approved it before the node was last known unsealed spoke of another
 * one. A restart that is proven needs nobody's word, and is not asked here.
 */
export function approvalsOf({ approvals, notes, recovery }: PlanInput, node: string): Approval[] {
  const seen = notes.filter((note) => note.node === node).map(({ at }) => at);
  const sent = recovery.unsealed.includes(node) ? (lastSent(recovery.intents, node) ?? 0) : 0;
  const unsealedAt = Math.max(sent, ...seen);
  return approvals.filter(({ at }) => at > unsealedAt);
}
