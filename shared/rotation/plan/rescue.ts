/** Rule 11: what was sealed after a rotation a rescue's copy of the key could not open. */
import type { RotationInput } from './say.ts';

/** Why the key must not be rotated. Undefined: no rescue copies it. */
export function rescue({
  fleet,
  kind,
  consumers,
}: Pick<RotationInput, 'fleet' | 'kind' | 'consumers'>): string | undefined {
  if (kind !== 'transit-key') return undefined;
  const copied = fleet.clusters.find(
    ({ name, seal }) =>
      consumers.some(({ cluster }) => cluster === name) &&
      seal.type === 'transit' &&
      seal.rescue !== undefined,
  );
  if (!copied) return undefined;
  return `the key has a rescue copy (${copied.name}, seal.rescue), which could not open what is sealed after a rotation: a key that a rescue copies is rotated only together with the rescue, and Sealwatch cannot do that yet (rule 11)`;
}
