/** A cluster that left fleet.yaml: its alerts end with a word, its head goes, what it owes is still sent. */
import { decide } from '../alert/decide.ts';
import type { Fleet } from '../fleet/fleet.ts';
import type { LivePartition } from '../state/ports.ts';
import { owedFor } from './commit.ts';
import { type ChannelOutcome, deliverDue } from './deliver.ts';
import type { WatchDeps } from './deps.ts';

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
    const entries = owedFor(deps, head.revision + 1, decision.message, decision.transitions, fleet.channels);
    const result = await deps.state.live.commit(name, undefined, etag, entries);
    if (result.committed) outbox = [...outbox, ...result.outbox];
  }
  return deliverDue(deps, fleet, name, outbox);
}
