/** The dead-man's switch: a watcher whose alarms nobody takes must fall silent, so that somebody looks. */
import type { LivePartition, OutboxEntry } from '../state/ports.ts';

/** A critical message may be owed for this long, ms, and fail this often, before nobody hears us. */
const owedMs = 5 * 60_000;
const attempts = 3;

/** The oldest critical message that was tried in vain for too long; undefined when there is none. */
export function unheard(
  partitions: Iterable<LivePartition>,
  now: number,
): { cluster: string; channel: string; owedSeconds: number; attempts: number } | undefined {
  const [oldest] = [...partitions]
    .flatMap(({ outbox }) => outbox.flatMap(({ value }) => criticalMessage(value)))
    .filter(({ entry }) => entry.attempts >= attempts && now - entry.createdAt > owedMs)
    .sort((a, b) => a.entry.createdAt - b.entry.createdAt);
  if (!oldest) return undefined;
  const { entry, ...named } = oldest;
  return { ...named, owedSeconds: Math.round((now - entry.createdAt) / 1000), attempts: entry.attempts };
}

function criticalMessage(entry: OutboxEntry): { entry: OutboxEntry; cluster: string; channel: string }[] {
  if (entry.effect.kind !== 'message' || entry.effect.message.severity !== 'critical') return [];
  return [{ entry, cluster: entry.effect.message.cluster, channel: entry.effect.channel }];
}
