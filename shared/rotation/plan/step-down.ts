/** An approved step-down moves a consumer on to the new version of its key, without a restart (VAULT-FACTS). */
import type { Rotation } from '../rotation.ts';
import { planApproval } from './approval.ts';
import type { RotationInput, RotationPlan } from './say.ts';
import { inAWhile, minutes } from './wait.ts';

/** From one to its next try, ms: the election takes seconds. */
const againMs = minutes(30);

/** @param behind consumers whose active node is seen to lead since before the new version. */
export function planStepDown(
  input: RotationInput,
  rotation: Rotation,
  behind: readonly string[],
): RotationPlan | undefined {
  const { fleet, now } = input;
  const allowed = behind.filter(
    (name) => fleet.clusters.find((cluster) => cluster.name === name)?.rotation?.stepDown === true,
  );
  const [consumer] = allowed;
  if (consumer === undefined) return undefined;
  const last = rotation.steppedDown?.[consumer];
  if (last !== undefined && now < last + againMs)
    return inAWhile(input, `${consumer}, which was told to step down, to have a new active node`, minutes(1));
  const why = `the active node of ${consumer} steps down (seconds without one), so that the next one wraps with version ${rotation.fresh?.ref ?? ''}`;
  // One word is for one step-down.
  const approvals = input.approvals.filter(({ at }) => at > (last ?? 0));
  return (
    planApproval({ ...input, approvals }, rotation, {
      step: 'step-down',
      what: consumer,
      why,
      touches: [consumer],
    }) ?? {
      do: 'step-down',
      consumer,
      why,
    }
  );
}
