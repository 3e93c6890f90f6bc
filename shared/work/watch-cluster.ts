/** One cluster in one sweep: observe, judge, decide, commit, tell. */
import type { Alert, Hold, Quiet } from '../alert/alert.ts';
import { decide } from '../alert/decide.ts';
import type { Finding, FindingCode } from '../finding.ts';
import type { Cluster, Fleet } from '../fleet/fleet.ts';
import { assess } from '../probe/assess.ts';
import { gatherCluster, type Sweeping } from '../probe/gather.ts';
import type { ClusterObservation } from '../probe/observation.ts';
import type { LivePartition } from '../state/ports.ts';
import { commitDecision } from './commit.ts';
import { type ChannelOutcome, sendDue } from './deliver.ts';
import type { WatchDeps } from './deps.ts';
import { type NudgeDue, nudgeSteps } from './nudge-steps.ts';
import { isReadinessOf } from './readiness-findings/of-seal.ts';
import { withReadiness } from './readiness-findings.ts';
import { withUnheardUntold } from './recipients.ts';
import { withRecover } from './recover-findings.ts';
import type { RowsOf } from './recover-rows.ts';
import { withRotations } from './rotation-findings.ts';

/** What is read from raft with a login only: once there is none, nobody would ever end such an alert. */
const readWithLogin: ReadonlySet<FindingCode> = new Set<FindingCode>([
  'raft-unhealthy',
  'raft-peer-dead',
  'raft-peer-lagging',
  'raft-peer-unknown',
  'raft-peer-missing',
  'autopilot-cleanup-off',
  'autopilot-cleanup-too-eager',
  'probe-denied',
]);

function isWatched({ code, subject }: Finding, { nodes, login, seal }: Cluster): boolean {
  if (!isReadinessOf(code, seal)) return false;
  if (subject.kind === 'node' && !nodes.some((node) => node.name === subject.name)) return false;
  if (subject.kind === 'peer' && !isKnownPeer(code, subject.name, nodes)) return false;
  return login !== undefined || !readWithLogin.has(code);
}

/** What is judged by nodeIds ends with them. */
function isKnownPeer(code: FindingCode, name: string, nodes: Cluster['nodes']): boolean {
  if (code === 'raft-peer-missing') return nodes.some(({ nodeId }) => nodeId === name);
  return code !== 'raft-peer-unknown' || nodes.every(({ nodeId }) => nodeId !== undefined);
}

const none: readonly Alert[] = [];

/** What all clusters of one sweep share. */
export interface During {
  sweeping: Sweeping;
  /** Never rejects. */
  recoverRows: Promise<RowsOf>;
  nudgeDue: NudgeDue;
}

export async function watchCluster(
  deps: WatchDeps,
  fleet: Fleet,
  cluster: Cluster,
  before: LivePartition,
  words: { quiets: Quiet[]; hold: Hold | undefined },
  { sweeping, recoverRows, nudgeDue }: During,
): Promise<{ observation: ClusterObservation; outcomes: ChannelOutcome[] }> {
  // What is owed goes out at once: a hung node must not hold back yesterday's alert.
  const owed = sendDue(deps, fleet, cluster.name, before.outbox);
  const opening = deps.access(cluster, fleet);
  const access = 'clients' in opening ? opening : await opening;
  const head = before.head?.value;
  const observation = await gatherCluster(cluster, access, sweeping).finally(access.release);
  const now = deps.clock.now();
  const audience = fleet.channels.filter((channel) => cluster.notify.includes(channel.name));
  const { assessment: probed, facts } = assess(cluster, observation, head?.facts, now);
  const nudged = nudgeSteps(deps, cluster, probed, head?.alerts ?? [], nudgeDue);
  const rowsOf = await recoverRows;
  const rows = rowsOf(cluster.name);
  const recovered = withRecover(cluster, rows, probed, now);
  const ready = withReadiness(cluster, rows, recovered, observation, now);
  const assessment = withRotations(cluster, rows.rotations, ready, head?.alerts ?? none, now);
  const decision = decide({
    cluster: cluster.name,
    labels: cluster.labels,
    alerts: withUnheardUntold(head?.alerts ?? [], audience),
    assessment,
    watched: (finding) => isWatched(finding, cluster),
    quiets: words.quiets,
    ...(words.hold && { hold: words.hold }),
    settings: fleet.alerts,
    now,
    // Made when it is read: almost every decision says nothing.
    get messageId() {
      return deps.newId();
    },
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
  if (nudged) await nudged;
  if (before.outbox.length === 0 && fresh.length === 0) return { observation, outcomes: [] };
  const outcomes = await Promise.all([
    owed.outcomes,
    sendDue(deps, fleet, cluster.name, fresh, owed).outcomes,
  ]);
  return { observation, outcomes: outcomes.flat() };
}
