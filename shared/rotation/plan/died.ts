/** Rule 9: what sinks hold was revoked behind our back. */
import type { Rotation } from '../rotation.ts';
import { isSecret } from './policy.ts';
import type { RotationInput, RotationPlan } from './say.ts';
import { inAWhile, lastWrite, minutes, wasGiven } from './wait.ts';

/** What the next restart would read does not work: whatever gives it another one mends the seal. */
export function isDead({ kind, look }: Pick<RotationInput, 'kind' | 'look'>): boolean {
  return isSecret(kind) && look.ok && look.value.current.state === 'dead';
}

/**
 * Forward, at every stage from the first delivery on: sinks that hold what does not work get back what does.
 *
 * @param unless what the seal's own reference leads to where that was not read.
 */
export function died(
  input: RotationInput,
  rotation: Rotation,
  unless: 'unread' | 'read' = 'unread',
): RotationPlan | undefined {
  const { failing, old } = rotation;
  if (!isSecret(rotation.kind) || !wasGiven(rotation)) return undefined;
  const wasTried = failing?.what === 'deliver' || failing?.what === 'verify';
  const why = deadWhy(input, unless) ?? (wasTried && failing.code === 'dead' ? failing.message : undefined);
  if (why === undefined) return undefined;
  const summary = `the new one does not work any more: ${why}`;
  return old === undefined
    ? { do: 'finish', outcome: 'failed', summary, left: [] }
    : { do: 'turn-back', why: summary };
}

/** What the next restart would read is the new one, and dead. What it reads besides may be dead as well: that is what goes. */
function deadWhy({ look, reads, cluster }: RotationInput, unless: 'unread' | 'read'): string | undefined {
  if (!look.ok || look.value.current.state !== 'dead') return undefined;
  const own = reads?.[cluster.name];
  const isFresh = own ? own.ok && own.value === 'fresh' : unless === 'read';
  return isFresh ? look.value.current.why : undefined;
}

/**
 * On the way back: what sinks hold again is dead. Whoever restores tries the old one first, and goes forward again where it is
 * dead; a sink in which another hand put something dead gets the old one.
 *
 * @param given names of sinks that fleet.yaml has and that were given the new one.
 */
export function oldDied(
  input: RotationInput,
  rotation: Rotation,
  given: readonly string[],
): RotationPlan | undefined {
  const { look, oldAtHand, now } = input;
  if (!look.ok || look.value.current.state !== 'dead') return undefined;
  // Nothing but the old one is left.
  if (!oldAtHand || rotation.reached.retired !== undefined) return undefined;
  const sink = givenBack(input, given);
  if (sink === undefined) return undefined;
  const { why } = look.value.current;
  const again = lastWrite(rotation) + minutes(1);
  if (now < again) return inAWhile(input, `another look at what sinks hold: ${why}`, again - now);
  return { do: 'restore', sink, why: `what nodes would read does not work: ${why}` };
}

function givenBack({ reads, held, cluster }: RotationInput, given: readonly string[]): string | undefined {
  const holds = (name: string) => {
    const what = held[name];
    return what?.ok ? what.value : undefined;
  };
  const own = reads?.[cluster.name];
  if (own && !own.ok) return undefined;
  if (own?.value === 'fresh' || (!own && given.some((name) => holds(name) === 'fresh'))) return undefined;
  if (own?.value === 'old' || (!own && given.some((name) => holds(name) === 'old'))) return given[0];
  return given.find((name) => holds(name) === 'other' || holds(name) === 'nothing');
}
