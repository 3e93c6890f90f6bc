/** One call of a custodian, in time; and again where waiting helps. */
import type { Clock } from '../clock.ts';
import type { EscrowFailure, EscrowResult } from './failure.ts';

/** How custodians are called. */
export interface Calling {
  clock: Pick<Clock, 'elapsed' | 'sleep' | 'after'>;
  /** How long one call may take, ms. */
  timeoutMs: number;
  /** Ends everything: calls as `timeout`, and no further ones. */
  signal?: AbortSignal | undefined;
}

/** A custodian that asks for more patience than this is treated as away, ms. */
const longestWaitMs = 30_000;
/** Calls of one custodian in all, where it is throttled or away. */
export const mostTries = 3;

/** Runs `ask` with a signal that aborts after the time limit, or with the caller's. */
export async function inTime<T>(
  { clock, timeoutMs, signal }: Calling,
  ask: (signal: AbortSignal) => Promise<T>,
): Promise<T> {
  const stop = new AbortController();
  const end = () => stop.abort();
  if (signal?.aborted) end();
  signal?.addEventListener('abort', end);
  const cancel = clock.after(timeoutMs, end);
  try {
    return await ask(stop.signal);
  } finally {
    cancel();
    signal?.removeEventListener('abort', end);
  }
}

/** ms until the custodian may be asked again after its n-th failure; undefined: not worth it. */
export function waitAfter({ code, retryAfterMs }: EscrowFailure, failures: number): number | undefined {
  if (code !== 'throttled' && code !== 'unavailable' && code !== 'timeout') return undefined;
  if (retryAfterMs !== undefined) return retryAfterMs <= longestWaitMs ? retryAfterMs : undefined;
  return (code === 'throttled' ? 1000 : 250) * 2 ** failures;
}

/** Sleeps; false when the signal ended it. */
export async function slept({ clock, signal }: Calling, ms: number): Promise<boolean> {
  if (signal?.aborted) return false;
  try {
    await clock.sleep(ms, signal);
    return true;
  } catch (error) {
    if (signal?.aborted) return false;
    throw error;
  }
}

/** Asks again while the custodian is throttled or away, a little; a timeout is told at once: it was waited for. */
export async function patiently<T>(
  calling: Calling,
  ask: (signal: AbortSignal) => Promise<EscrowResult<T>>,
): Promise<EscrowResult<T>> {
  for (let tries = 1; ; tries += 1) {
    const result = await inTime(calling, ask);
    if (result.ok || tries >= mostTries || result.failure.code === 'timeout') return result;
    const waitMs = waitAfter(result.failure, tries);
    if (waitMs === undefined || !(await slept(calling, waitMs))) return result;
  }
}
