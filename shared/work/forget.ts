/** A cluster that left fleet.yaml: its alerts end with a word, its head goes, what it owes is still sent. */
import type { Alert, Message } from '../alert/alert.ts';
import { decide } from '../alert/decide.ts';
import type { Fleet } from '../fleet/fleet.ts';
import type { LivePartition } from '../state/ports.ts';
import { owedFor } from './commit.ts';
import { type ChannelOutcome, deliverDue } from './deliver.ts';
import type { WatchDeps } from './deps.ts';
import { type Audience, endedBy, wanting } from './recipients.ts';

export async function forgetCluster(
  deps: WatchDeps,
  fleet: Fleet,
  name: string,
  before: LivePartition,
): Promise<ChannelOutcome[]> {
  let outbox = before.outbox;
  if (before.head) {
    const { value: head, etag } = before.head;
    const decision = decide({
      cluster: name,
      labels: {},
      alerts: head.alerts,
      assessment: { verdicts: [], defaults: {} },
      watched: () => false,
      quiets: [],
      settings: fleet.alerts,
      now: deps.clock.now(),
      messageId: deps.newId(),
    });
    const { message, transitions } = decision;
    const channels = message ? hearers(message, head.alerts, fleet.channels) : [];
    const entries = owedFor(deps, head.revision + 1, message, transitions, channels);
    const result = await deps.state.live.commit(name, undefined, etag, entries);
    if (result.committed) outbox = [...outbox, ...result.outbox];
  }
  return deliverDue(deps, fleet, name, outbox);
}

/**
 * Whom its alerts were told: nobody else asked to hear of this cluster, and its `notify` is gone with it. Where that
 * is not known, or none of them is left, every channel that wants this severity.
 */
function hearers(message: Message, alerts: Alert[], existing: Audience): string[] {
  const told = endedBy(message, alerts).map((alert) => alert.toldTo);
  const left = existing.map(({ name }) => name).filter((name) => told.some((names) => names?.includes(name)));
  return left.length > 0 && !told.includes(undefined) ? left : wanting(message, existing);
}
