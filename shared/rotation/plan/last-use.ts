/** Rule 9: what somebody renewed after every node is said to use the other one is in use, whatever nodes show. Pure. */
import type { Rotation } from '../rotation.ts';
import { restartedSince } from './in-use.ts';
import type { RotationInput, RotationPlan } from './say.ts';
import { notInUse } from './wait.ts';

/** Providers tell whole seconds, and their clock is not ours, ms. */
const clockMs = 2_000;
/** Between a request and when it is on record, ms. */
const requestMs = 120_000;

/**
 * What is done because the one that is about to end is used. Undefined: nothing shows that it is. A use that was seen is
 * remembered: nobody knows whose it was, so every node starts anew after it.
 */
export function planUsed(input: RotationInput, rotation: Rotation): RotationPlan | undefined {
  const { lastUsedAt } = input;
  const { direction, old, fresh, usedAt } = rotation;
  const isForward = direction === 'forward';
  const which = isForward ? 'old' : 'new';
  // People's own is not ended: nothing rests on it.
  if (lastUsedAt && !lastUsedAt.ok && (!isForward || old?.ours === true)) {
    const what = `its provider to tell when the ${which} one was used last: ${lastUsedAt.detail}`;
    return notInUse(input, rotation, { what });
  }
  if (lastUsedAt?.ok) {
    const used = lastUsedAt.value;
    // It is gone.
    if (used === undefined) return undefined;
    const { renewedAt } = (isForward ? old : fresh) ?? {};
    const isOurs = renewedAt !== undefined && Math.abs(used - renewedAt) <= requestMs;
    // The same use, told again, differs by what a request takes.
    const isNew = usedAt === undefined || used > usedAt + clockMs;
    if (!isOurs && isNew && isLater(used, input, rotation))
      return { do: 'note-use', at: used, why: `somebody renewed the ${which} one at ${iso(used)}` };
  }
  if (usedAt === undefined) return undefined;
  const again = restartedSince(rotation, input.consumers, input.fleet, usedAt + clockMs);
  if (again.yes) return undefined;
  const what = `${again.what}: somebody renewed the ${which} one at ${iso(usedAt)}, though every node was said to use the other. Where that was no node of these, end it by hand at its provider`;
  return notInUse(input, rotation, { what });
}

/** Than what shows that nobody uses it. */
function isLater(used: number, { consumers, fleet }: RotationInput, rotation: Rotation): boolean {
  const { confirmed: word, usedAt, ...unconfirmed } = rotation;
  const starts = consumers.flatMap(({ nodes }) => nodes.flatMap(({ startedAt }) => startedAt ?? []));
  const bare = restartedSince(unconfirmed, consumers, fleet, 0);
  // Whoever is not seen may have used it until the word that it restarted.
  const words = word && !bare.yes && bare.unseen.length > 0 ? [word.at] : [];
  const shown = usedAt === undefined ? [...starts, ...words] : words;
  if (shown.length === 0) return usedAt !== undefined;
  return used >= Math.max(...shown) - clockMs;
}

const iso = (ms: number): string => new Date(ms).toISOString();
