/** How a leader's time is compared with that of a key's version. Pure. */

/**
 * A provider's clock and ours may differ by so much; a version's time is in whole seconds, and a leader wraps a moment after it
 * took over. What lies closer is not told apart, ms.
 */
const marginMs = 10_000;

/** `unknown`: one of them is not seen, or they are too close. @param leaderSince, madeAt ms. */
export function leadsSince(
  leaderSince: number | undefined,
  madeAt: number | undefined,
): 'before' | 'after' | 'unknown' {
  if (leaderSince === undefined || madeAt === undefined) return 'unknown';
  if (leaderSince + marginMs < madeAt) return 'before';
  return madeAt + marginMs < leaderSince ? 'after' : 'unknown';
}
