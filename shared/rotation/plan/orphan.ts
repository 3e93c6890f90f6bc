/** After a creation whose turn died, or whose answer never came: what may have been made, and cannot be seen. */
import type { Orphans } from '../rotation.ts';
import type { RotationInput, RotationPlan } from './say.ts';
import { overdueAt } from './wait.ts';

/**
 * @param isUrgent somebody waits for what works: nobody need be able to open with it any more, whether it has ended or not
 *   (it is told at the end).
 */
export function planUnseen(
  input: RotationInput,
  { until, usableUntil, why }: Extract<Orphans, { state: 'unseen' }>,
  isUrgent: boolean,
): RotationPlan {
  const { now } = input;
  if (isUrgent && usableUntil !== undefined && usableUntil < until) {
    if (now >= usableUntil)
      return {
        do: 'forget-creation',
        why: `nobody can get hold of what a turn may have made that died: ${why}`,
      };
    const what = `nobody to be able to open with what a turn may have made that died: ${why}`;
    return { do: 'wait', what, until: usableUntil, overdueAt: Math.max(usableUntil, overdueAt(input)) };
  }
  if (now >= until)
    return { do: 'forget-creation', why: 'what a turn may have made that died has ended by itself' };
  const what = `the end of what a turn may have made that died: ${why}`;
  return { do: 'wait', what, until, overdueAt: Math.max(until, overdueAt(input)) };
}
