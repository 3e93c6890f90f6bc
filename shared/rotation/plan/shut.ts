/**
 * A new leader wraps its keys anew only if it can still open them: where the version they are wrapped with is disabled, or
 * below the minimum, it serves on, wraps nothing, and stays sealed at its next restart (seen on Vault 1.21.0). Pure.
 */
import type { ConsumerSight, Look, Rotation } from '../rotation.ts';
import { madeAt } from './in-use.ts';
import { isSecret } from './policy.ts';
import type { RotationInput, RotationPlan } from './say.ts';
import { leaderMoved } from './versions.ts';

type Shut = NonNullable<Rotation['shut']>;

/** Noted while a consumer still leads since before the new version: later nobody can tell what it is wrapped with. */
export function planShut(
  { look, consumers, now }: RotationInput,
  rotation: Rotation,
): RotationPlan | undefined {
  if (isSecret(rotation.kind) || !look.ok || rotation.inUseAt !== undefined) return undefined;
  const before = rotation.shut ?? {};
  const shut: Shut = { ...before };
  for (const consumer of consumers) {
    const known = before[consumer.cluster];
    if (known) shut[consumer.cluster] = seenAgain(known, look.value, now);
    else if (isShutOut(consumer, look.value, madeAt(rotation)))
      shut[consumer.cluster] = { since: consumer.leaderSince ?? 0 };
  }
  if (JSON.stringify(shut) === JSON.stringify(before)) return undefined;
  return { do: 'note-shut', shut, why: 'what a consumer is wrapped with was shut, or was opened again' };
}

function seenAgain({ since, openedAt }: Shut[string], look: Look, now: number): Shut[string] {
  if (!isOpen(look, since)) return { since };
  return { since, openedAt: openedAt ?? now };
}

function isShutOut(consumer: ConsumerSight, look: Look, made: number): boolean {
  const { leaderSince } = consumer;
  return leaderSince !== undefined && leaderMoved(consumer, made) === 'no' && !isOpen(look, leaderSince);
}

/** Whether what was newest then can be opened now. Vault does not list versions below the minimum. */
function isOpen({ versions = [], minimum = 1 }: Look, then: number): boolean {
  const newest = versions.filter(({ madeAt: at }) => at <= then).toSorted((a, b) => b.madeAt - a.madeAt)[0];
  return newest ? newest.enabled : minimum <= 1;
}
