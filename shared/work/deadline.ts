/** An end of our own, below the host's. */
import type { Clock } from '../clock.ts';
import type { Sweeping } from '../probe/gather.ts';
import { NotSwept } from './not-swept.ts';

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

/** For storage, secrets and messages of one cluster, beyond the time that its probes may take, ms. */
export const besidesProbesMs = 30_000;

/**
 * One cluster's part of a sweep, ended by the timer that all of them share: what hangs for one cluster, in storage
 * or while a secret is read, must not keep the sweep from its end (rule 13). The work itself is not stopped; what it
 * still writes is fenced by ETags.
 */
export function inTime(sweeping: Sweeping, work: () => Promise<void>): Promise<void> {
  const ms = sweeping.settings.deadlineMs + besidesProbesMs;
  return new Promise((resolve, reject) => {
    const cancel = sweeping.silence.after(ms, () => reject(new NotSwept(`not done within ${ms / 1000} s`)));
    work().then(
      () => {
        cancel();
        resolve();
      },
      (error: unknown) => {
        cancel();
        reject(error instanceof Error ? error : new Error(String(error)));
      },
    );
  });
}
