/** Since when a cluster's active node leads: what its keys can be wrapped with follows from it. */
import type { Clock } from '../../clock.ts';
import { inTime } from './in-time.ts';

/** By our clock, ms. Undefined: not seen. */
export type AskLeaderSince = () => Promise<number | undefined>;

/** Sealwatch's own wish: what fails or does not come within `ms` is not seen, and costs the exercise nothing. */
export async function readLeaderSince(
  clock: Pick<Clock, 'after'>,
  ms: number,
  ask: AskLeaderSince | undefined,
): Promise<{ leaderSince?: number }> {
  if (!ask) return {};
  try {
    const leaderSince = await inTime(clock, ms, undefined, ask);
    return leaderSince === undefined ? {} : { leaderSince };
  } catch {
    // As good as no answer: the judge says what is left to say then.
    return {};
  }
}
