/** A person's word for one step of a rotation (rule 7). */
import { countApprovals } from '../../approvals.ts';
import type { Rotation, RotationBinding, RotationStep } from '../rotation.ts';
import type { RotationInput, RotationPlan } from './say.ts';
import { minutes, overdueAt } from './wait.ts';

/** Undefined: it is approved. */
export function planApproval(
  input: RotationInput,
  rotation: Rotation,
  { step, what, why }: { step: RotationStep; what: string; why: string },
): RotationPlan | undefined {
  const { cluster, fleetEntry, approvals, now } = input;
  const binding: RotationBinding = { rotation: rotation.id, cluster: cluster.name, step, what, fleetEntry };
  const needed = cluster.recovery.approvals;
  const missing = countApprovals(approvals, (other) => isSame(other, binding), {
    needed,
    mayCount: (by) => mayApprove(by, rotation, needed),
    now,
  });
  if (missing === 0) return undefined;
  return { do: 'approval', why, binding, missing, until: now + minutes(5), overdueAt: overdueAt(input) };
}

/** Where two are asked for, they are others than who asked for the rotation. */
export function mayApprove(by: string, { by: requester }: Pick<Rotation, 'by'>, needed: number): boolean {
  return needed < 2 || by !== requester;
}

export function isSame(a: RotationBinding, b: RotationBinding): boolean {
  return (
    a.rotation === b.rotation &&
    a.cluster === b.cluster &&
    a.step === b.step &&
    a.what === b.what &&
    a.fleetEntry === b.fleetEntry
  );
}
