/**
 * What to do next with one credential, and why: pure. Whoever carries it out looks again afterwards and plans anew
 * (DESIGN, rule 10). Each step leaves every sink with something that unseals (rule 9).
 */
import { planBack } from './plan/back.ts';
import { blockOf } from './plan/blocked.ts';
import { planDue } from './plan/due.ts';
import { planForward } from './plan/forward.ts';
import type { RotationInput, RotationPlan } from './plan/say.ts';
import { inAWhile, minutes } from './plan/wait.ts';

export function planRotation(input: RotationInput): RotationPlan {
  const { rotation } = input;
  if (!rotation) return planDue(input);
  // A rollback only puts back what works: it waits for a person's hold, and for nothing else.
  const block = blockOf(input, rotation.repairs || rotation.direction === 'back');
  if (block) return inAWhile(input, block.why, minutes(2));
  return rotation.direction === 'forward' ? planForward(input, rotation) : planBack(input, rotation);
}
