/** Rule 11: how far a transit key's minimum may be raised. */
import type { Rotation } from '../rotation.ts';
import { planApproval } from './approval.ts';
import type { RotationInput, RotationPlan } from './say.ts';
import { neededBy } from './versions.ts';
import { overdueAt } from './wait.ts';

/** Undefined: nothing is to be raised, or nobody approved it in time, which is no reason to keep the rotation open. */
export function planMinimum(input: RotationInput, rotation: Rotation): RotationPlan | undefined {
  const { cluster, look, now, consumers } = input;
  if (rotation.kind !== 'transit-key' || cluster.rotation?.transitKey?.raiseMinimum !== true || !look.ok)
    return undefined;
  const to = highestMinimum(input, rotation);
  if (to === undefined || to <= Math.max(1, look.value.minimum ?? 1)) return undefined;
  if (rotation.needs?.binding.step === 'raise-minimum' && now > overdueAt(input)) return undefined;
  const touches = [...rotation.consumers, ...consumers.map((consumer) => consumer.cluster)];
  const why = `versions below ${to} of the key are given up: no consumer and no kept snapshot needs them`;
  return (
    planApproval(input, rotation, { step: 'raise-minimum', what: String(to), why, touches }) ?? {
      do: 'raise-minimum',
      to,
      why,
    }
  );
}

/**
 * The highest minimum that takes nothing from anybody: what each consumer needs by the last change of its active node, and
 * what was proven in use before the oldest snapshot that is kept. Undefined: unknown, and unknown means never.
 */
export function highestMinimum(
  {
    fleet,
    consumers,
    look,
    earlier,
    now,
  }: Pick<RotationInput, 'fleet' | 'consumers' | 'look' | 'earlier' | 'now'>,
  rotation: Rotation,
): number | undefined {
  if (!look.ok || consumers.length === 0) return undefined;
  const bounds: number[] = [];
  for (const consumer of consumers) {
    const needed = neededBy(consumer, look.value);
    const keptSince = fleet.clusters.find(({ name }) => name === consumer.cluster)?.rotation?.keptSince;
    // Of a time that has not come nothing is proven.
    if (needed === undefined || keptSince === undefined || keptSince > now) return undefined;
    bounds.push(needed, neededBySnapshots([rotation, ...earlier], consumer.cluster, keptSince));
  }
  return Math.min(...bounds);
}

/** The newest version that this consumer was proven to use when the oldest kept snapshot was taken. */
function neededBySnapshots(rotations: readonly Rotation[], consumer: string, keptSince: number): number {
  const proven = rotations.filter(
    ({ inUseAt, consumers, direction, confirmed }) =>
      inUseAt !== undefined &&
      inUseAt <= keptSince &&
      consumers.includes(consumer) &&
      direction === 'forward' &&
      confirmed === undefined,
  );
  return Math.max(0, ...proven.map(({ fresh }) => Number(fresh?.ref ?? 0)));
}
