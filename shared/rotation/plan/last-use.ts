/** Rule 9: what somebody renewed after every node is said to use the other one is in use, whatever nodes show. Pure. */
import type { Rotation } from '../rotation.ts';
import type { RotationInput } from './say.ts';

/** Providers tell whole seconds, and their clock is not ours, ms. */
const clockMs = 2_000;
/** Between a request and when it is on record, ms. */
const requestMs = 120_000;

/** What is waited for because the one that is about to end is used. Undefined: nothing shows that it is. */
export function usedSince(
  { lastUsedAt, consumers }: Pick<RotationInput, 'lastUsedAt' | 'consumers'>,
  { direction, old, fresh, confirmed }: Rotation,
): string | undefined {
  if (!lastUsedAt) return undefined;
  const isForward = direction === 'forward';
  const which = isForward ? 'old' : 'new';
  if (!lastUsedAt.ok) {
    // People's own is not ended: nothing rests on it.
    if (isForward && old?.ours !== true) return undefined;
    return `its provider to tell when the ${which} one was used last: ${lastUsedAt.detail}`;
  }
  const used = lastUsedAt.value;
  if (used === undefined) return undefined;
  const { renewedAt } = (isForward ? old : fresh) ?? {};
  if (renewedAt !== undefined && Math.abs(used - renewedAt) <= requestMs) return undefined;
  const starts = consumers.flatMap(({ nodes }) => nodes.flatMap(({ startedAt }) => startedAt ?? []));
  // Where no start is seen, all rests on a person's word: no use of it may be later than that.
  const newest = starts.length > 0 ? Math.max(...starts) : confirmed?.at;
  if (newest === undefined || used < newest - clockMs) return undefined;
  const [at, since] = [new Date(used).toISOString(), new Date(newest).toISOString()];
  const what = starts.length > 0 ? 'the newest start of a node' : 'the word that every node restarted';
  return `the end of the use of the ${which} one: somebody renewed it at ${at}, after ${what} (${since}). Restart whoever still reads it; where that is no node of these, end it by hand at its provider`;
}
