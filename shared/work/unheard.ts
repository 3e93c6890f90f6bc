/** The dead-man's switch: a watcher whose alarms nobody takes must fall silent, so that somebody looks. */
import type { Owed } from '../state/ports.ts';

/** A critical message may be owed for this long, ms, and fail this often, before nobody hears us. */
const owedMs = 5 * 60_000;
const leastAttempts = 3;

/** The oldest critical message that was tried in vain for too long; undefined when there is none. */
export function unheard(
  owed: Owed[],
  now: number,
): { cluster: string; channel: string; owedSeconds: number; attempts: number } | undefined {
  const [oldest] = owed
    .filter(
      ({ critical, attempts, createdAt }) =>
        critical && attempts >= leastAttempts && now - createdAt > owedMs,
    )
    .sort((a, b) => a.createdAt - b.createdAt);
  if (!oldest) return undefined;
  const { cluster, channel, createdAt, attempts } = oldest;
  return { cluster, channel, owedSeconds: Math.round((now - createdAt) / 1000), attempts };
}
