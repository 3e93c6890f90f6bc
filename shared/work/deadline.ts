/** An end of our own, below the host's. */
import type { Clock } from '../clock.ts';

/** Rejects with `<what> passed its deadline of N s` when the work takes longer; the work itself is not stopped. */
export async function withDeadline<T>(
  clock: Clock,
  ms: number,
  what: string,
  work: () => Promise<T>,
): Promise<T> {
  const done = new AbortController();
  const late = clock.sleep(ms, done.signal).then(() => {
    throw new Error(`${what} passed its deadline of ${ms / 1000} s`);
  });
  // When the work is done first, the sleep ends by our own abort: that is no failure.
  late.catch(() => undefined);
  try {
    return await Promise.race([work(), late]);
  } finally {
    done.abort();
  }
}
