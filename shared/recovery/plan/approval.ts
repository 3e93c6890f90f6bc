/** Rule 7: what people approve, and which of their words speak of a node's present seal. */
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
