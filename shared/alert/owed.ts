/** What the fleet's own findings need of messages that were tried in vain: a batch tells it of its clusters, briefly. */
import type { OutboxEntry, Owed } from '../state/ports.ts';

/** Messages that failed at least once; the others say nothing of a channel. */
export function owedOf(entries: OutboxEntry[]): Owed[] {
  return entries.flatMap(({ effect, createdAt, attempts, lastFailure }) => {
    if (effect.kind !== 'message' || attempts === 0) return [];
    const { message, channel } = effect;
    const meantFor = message.insteadOf?.channel ?? channel;
    const critical = message.severity === 'critical';
    const failure = lastFailure !== undefined && { lastFailure };
    return [{ cluster: message.cluster, channel, meantFor, critical, createdAt, attempts, ...failure }];
  });
}
