/** fleet.yaml was changed under an open rotation, and means another credential by the same words. */
import type { Rotation } from '../rotation.ts';
import type { RotationInput, RotationPlan } from './say.ts';
import { inAWhile, minutes } from './wait.ts';

/** What was made must not be shown to, judged by, or ended at another provider. */
export function isAnother({ rotation, credential }: Pick<RotationInput, 'rotation' | 'credential'>): boolean {
  return rotation !== undefined && credential !== undefined && rotation.credential !== credential;
}

/** Undefined: it is the same; or it is another and there is nothing to undo. */
export function planAnother(input: RotationInput, rotation: Rotation): RotationPlan | undefined {
  if (!isAnother(input)) return undefined;
  const isUnmade = !rotation.fresh && !rotation.creating;
  if (isUnmade && rotation.direction === 'back') return undefined;
  const way = isUnmade ? 'roll back' : 'forget this rotation, which leaves both as they are';
  const what = `fleet.yaml names another credential than this rotation is of (${rotation.credential}; now ${input.credential ?? ''}): put it back, or ${way}`;
  return inAWhile(input, what, minutes(10));
}
