/**
 * What to do next with one credential, and why: pure. Whoever carries it out looks again afterwards and plans anew
 * (DESIGN, rule 10). Each step leaves every sink with something that unseals (rule 9).
 */
import { planAnother } from './plan/another.ts';
import { planBack } from './plan/back.ts';
import { blockOf } from './plan/blocked.ts';
import { isDead } from './plan/died.ts';
import { planDue } from './plan/due.ts';
import { planForward } from './plan/forward.ts';
import { isSecret } from './plan/policy.ts';
import { planRenewal } from './plan/renewal.ts';
import type { RotationInput, RotationPlan } from './plan/say.ts';
import { inAWhile, minutes, wasGiven } from './plan/wait.ts';
import type { Rotation } from './rotation.ts';

export function planRotation(input: RotationInput): RotationPlan {
  const { rotation } = input;
  if (!rotation) return planDue(input);
  const renewal = planRenewal(input);
  if (renewal) return renewal;
  const hold = blockOf(input, true);
  if (hold) return inAWhile(input, hold.why, minutes(2));
  const another = planAnother(input, rotation);
  if (another) return another;
  const plan = rotation.direction === 'forward' ? planForward(input, rotation) : planBack(input, rotation);
  const block = blockOf(input, false);
  return block && !mends(input, rotation) && !turns(plan) ? inAWhile(input, block.why, minutes(2)) : plan;
}

/** It only gives nodes what works where they would read what does not: it waits for a person's hold, and for nothing else. */
function mends(input: RotationInput, rotation: Rotation): boolean {
  const { repairs, direction, old } = rotation;
  return (
    repairs ||
    isDead(input) ||
    direction === 'back' ||
    (old === undefined && isSecret(rotation.kind) && wasGiven(rotation))
  );
}

/** What was delivered is dead: away from it. */
function turns(plan: RotationPlan): boolean {
  return plan.do === 'turn-back' || (plan.do === 'finish' && plan.outcome === 'failed');
}
