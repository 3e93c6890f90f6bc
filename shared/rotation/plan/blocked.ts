/** What is in the way of everything. */
import type { RotationInput } from './say.ts';

/** The first thing in the way; what mends a seal waits for less. */
export function blockOf(
  { blocked }: RotationInput,
  repairs: boolean,
): RotationInput['blocked'][number] | undefined {
  return blocked.find(({ evenRepairs }) => evenRepairs || !repairs);
}
