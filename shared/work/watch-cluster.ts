/** One cluster in one sweep: observe, judge, decide, commit, tell. */
import type { Hold, Quiet } from '../alert/alert.ts';
import { decide } from '../alert/decide.ts';
import type { Cluster, Fleet } from '../fleet/fleet.ts';
import { assess } from '../probe/assess.ts';
import { gatherCluster, type Sweeping } from '../probe/gather.ts';
import type { ClusterObservation } from '../probe/observation.ts';
import type { LivePartition } from '../state/ports.ts';
import { commitDecision } from './commit.ts';
import { type ChannelOutcome, sendDue } from './deliver.ts';
import type { WatchDeps } from './deps.ts';
import { withUnheardUntold } from './recipients.ts';

export async function watchCluster(
  deps: WatchDeps,
  fleet: Fleet,
  cluster: Cluster,
  before: LivePartition,
  words: { quiets: Quiet[]; hold: Hold | undefined },
  sweeping: Sweeping,
): Promise<{ observation: ClusterObservation; outcomes: ChannelOutcome[] }> {
  // What is owed goes out at once: a hung node must not hold back yesterday's alert.
  const owed = sendDue(deps, fleet, cluster.name, before.outbox);
  // Awaited below; it may fail long before, and a rejection that nobody awaits yet ends the process.
  owed.outcomes.catch(() => undefined);
  const access = await deps.access(cluster, fleet);
  const head = before.head?.value;
  const observation = await gatherCluster(cluster, access, sweeping);
  const now = deps.clock.now();
  const audience = fleet.channels.filter((channel) => cluster.notify.includes(channel.name));
  const { assessment, facts } = assess(cluster, observation, head?.facts, now);
  const decision = decide({
    cluster: cluster.name,
    labels: cluster.labels,
    alerts: withUnheardUntold(head?.alerts ?? [], audience),
    assessment,
    watched: (subject) => subject.kind !== 'node' || cluster.nodes.some((node) => node.name === subject.name),
    quiets: words.quiets,
    ...(words.hold && { hold: words.hold }),
    settings: fleet.alerts,
    now,
    messageId: deps.newId(),
  });
  const fresh = await commitDecision(
    deps,
    cluster.name,
    before.head,
    facts,
    decision,
    audience,
    fleet.channels,
  );
  const outcomes = await Promise.all([
    owed.outcomes,
    sendDue(deps, fleet, cluster.name, fresh, owed).outcomes,
  ]);
  return { observation, outcomes: outcomes.flat() };
}
