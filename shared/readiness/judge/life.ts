/** When the end of a credential or key is worth a word: early enough for office hours, and a page at the end. */
import type { Severity } from '../../finding.ts';

export const dayMs = 24 * 3_600_000;

/** A version of a key that is so old has been wrapped with: nobody leaves a rotation half done for so long, ms. */
export const settledMs = 7 * dayMs;

/** Warn at this much left, or at a third of the whole life where that is less… */
const warnMs = 30 * dayMs;
/** …and page at this much, or at a tenth of the life: a token of a day must not page all its life. */
const pageMs = 3 * dayMs;

/**
 * Undefined while there is time.
 *
 * @param lifeMs the whole life; undefined where it is not known.
 * @param warnShare of the life that is left when it is told first.
 */
export function urgency(leftMs: number, lifeMs: number | undefined, warnShare = 1 / 3): Severity | undefined {
  const life = lifeMs ?? Number.POSITIVE_INFINITY;
  if (leftMs <= Math.min(pageMs, life / 10)) return 'critical';
  return leftMs <= Math.min(warnMs, life * warnShare) ? 'warning' : undefined;
}

/** "40 minutes", "23 hours", "12 days": never more than there is. */
export function words(ms: number): string {
  if (ms >= 2 * dayMs) return `${Math.floor(ms / dayMs)} days`;
  if (ms >= 2 * 3_600_000) return `${Math.floor(ms / 3_600_000)} hours`;
  return `${Math.max(0, Math.floor(ms / 60_000))} minutes`;
}
