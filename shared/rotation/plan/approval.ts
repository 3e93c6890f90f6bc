/** People's word for one step of a rotation (rule 7): as many, and bound to as much, as every cluster that it touches asks for. */
import { createHash } from 'node:crypto';
import { countApprovals } from '../../approvals.ts';
import type { Rotation, RotationBinding, RotationStep } from '../rotation.ts';
import type { RotationInput, RotationPlan } from './say.ts';
import { minutes, overdueAt } from './wait.ts';

interface Step {
  step: RotationStep;
  what: string;
  why: string;
  /** Names of the clusters that feel it, beside the one that rotates. */
  touches: readonly string[];
}

/** Undefined: it is approved. */
export function planApproval(
  input: RotationInput,
  rotation: Rotation,
  { step, what, why, touches }: Step,
): RotationPlan | undefined {
  const { cluster, fleet, approvals, now } = input;
  const touched = [cluster.name, ...touches];
  const fleetEntry = entryOf(input, touched);
  const binding: RotationBinding = { rotation: rotation.id, cluster: cluster.name, step, what, fleetEntry };
  const asked = fleet.clusters.filter(({ name }) => touched.includes(name));
  const needed = Math.max(cluster.recovery.approvals, ...asked.map(({ recovery }) => recovery.approvals));
  const missing = countApprovals(approvals, (other) => isSame(other, binding), {
    needed,
    mayCount: (by) => mayApprove(by, rotation, needed),
    now,
  });
  if (missing === 0) return undefined;
  return {
    do: 'approval',
    why,
    binding,
    missing,
    needed,
    until: now + minutes(5),
    overdueAt: overdueAt(input),
  };
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

/** SHA-256 (hex) over the fleet.yaml entries of all these clusters: whichever is changed, nothing given before counts. */
export function entryOf(
  { fleetEntries }: Pick<RotationInput, 'fleetEntries'>,
  names: readonly string[],
): string {
  const entries = [...new Set(names)].sort().map((name) => [name, fleetEntries[name] ?? '']);
  return createHash('sha256').update(JSON.stringify(entries)).digest('hex');
}
