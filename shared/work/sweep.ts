/**
 * One sweep: every cluster is observed, judged, decided and told on its own, so that none waits for another;
 * then the fleet itself. Killed anywhere, the next sweep decides again or sends what is owed.
 */
import type { Hold, Quiet } from '../alert/alert.ts';
import type { Cluster, Fleet } from '../fleet/fleet.ts';
import { Sweeping } from '../probe/gather.ts';
import type { ClusterObservation } from '../probe/observation.ts';
import type { LivePartition, SweepRecord, UnreadableRow } from '../state/ports.ts';
import { noteOutcomes } from './channels.ts';
import { inTime } from './deadline.ts';
import { type ChannelOutcome, deliverDue } from './deliver.ts';
import type { WatchDeps } from './deps.ts';
import { forgetCluster } from './forget.ts';
import { sweepGap } from './gap.ts';
import { NotSwept, reasonOf } from './not-swept.ts';
import { watchCluster } from './watch-cluster.ts';
import { watchFleet } from './watch-fleet.ts';

export interface SweepResult {
  id: string;
  /** Every cluster was observed, decided and stored. */
  complete: boolean;
  clusters: number;
  nodes: number;
  failed: { cluster: string; why: string }[];
}

/** People's words and what is remembered: read once, at the start of a sweep. */
interface Remembered {
  partitions: Map<string, LivePartition>;
  quiets: Quiet[];
  holds: Hold[];
  last: SweepRecord | undefined;
  unreadable: UnreadableRow[];
}

const fleetPartition = 'fleet';

/**
 * Sweeps the whole fleet. Rejects when there is no configuration at all or storage cannot be read: the host
 * then counts a failed run, and the status endpoint turns 503 by the age of the last sweep.
 */
export async function sweep(deps: WatchDeps): Promise<SweepResult> {
  const { state, clock, log } = deps;
  const startedAt = clock.now();
  const [loaded, remembered] = await Promise.all([deps.loadFleet(), remember(deps)]);
  const { fleet } = loaded;
  const sweeping = new Sweeping(clock, fleet.probe);
  const failed: SweepResult['failed'] = [];
  const observations: ClusterObservation[] = [];
  const outcomes: ChannelOutcome[] = [];

  const settle = async (cluster: string, work: () => Promise<void>): Promise<void> => {
    try {
      await inTime(sweeping, work);
    } catch (error) {
      failed.push({ cluster, why: reasonOf(error) });
      log.error('cluster-not-swept', { cluster, error });
    }
  };
  const words = (cluster: string) => ({
    quiets: remembered.quiets.filter((quiet) => quiet.cluster === cluster),
    hold: remembered.holds.find((hold) => hold.cluster === cluster && hold.until > startedAt),
  });

  /** A head that this version cannot read is never overwritten: the cluster counts as not swept, its debts are paid. */
  const refuseUnreadable = async (cluster: string, { outbox }: LivePartition): Promise<void> => {
    const row = remembered.unreadable.find((each) => each.partition === cluster && each.row === 'head');
    if (!row) return;
    outcomes.push(...(await deliverDue(deps, fleet, cluster, outbox)));
    throw new NotSwept(row.why);
  };

  const watching = fleet.clusters.map((cluster) =>
    settle(cluster.name, async () => {
      const before = remembered.partitions.get(cluster.name) ?? { outbox: [] };
      await refuseUnreadable(cluster.name, before);
      const watched = await watchCluster(deps, fleet, cluster, before, words(cluster.name), sweeping);
      observations.push(watched.observation);
      outcomes.push(...watched.outcomes);
    }),
  );
  const forgetting = leftClusters(remembered.partitions, fleet).map((name) =>
    settle(name, async () => {
      outcomes.push(
        ...(await forgetCluster(deps, fleet, name, remembered.partitions.get(name) ?? { outbox: [] })),
      );
    }),
  );
  await Promise.all([...watching, ...forgetting]);

  const id = deps.newId();
  const gap = sweepGap(remembered.last, startedAt, deps.intervalMs);
  await settle(fleetPartition, async () => {
    await refuseUnreadable(fleetPartition, remembered.partitions.get(fleetPartition) ?? { outbox: [] });
    await watchFleet(
      deps,
      loaded,
      remembered.partitions,
      words(fleetPartition),
      { gap, failed: [...failed] },
      outcomes,
    );
  });
  const complete = failed.length === 0;
  const record: SweepRecord = {
    id,
    startedAt,
    finishedAt: clock.now(),
    clusters: fleet.clusters.length,
    nodes: nodeCount(fleet.clusters),
    complete,
    ...(gap && { gap }),
  };
  await Promise.all([
    state.sweeps.save(record),
    state.observations.save({ at: startedAt, clusters: observations }),
  ]);
  if (complete) await deps.heartbeat(fleet);
  return { id, complete, clusters: record.clusters, nodes: record.nodes, failed };
}

/** Probes one cluster now: a nudge from another app, or from a person. Unknown names do nothing. */
export async function sweepOne(deps: WatchDeps, name: string): Promise<void> {
  const { fleet } = await deps.loadFleet();
  const cluster = fleet.clusters.find((candidate) => candidate.name === name);
  if (!cluster) {
    deps.log.warn('nudge-for-unknown-cluster', { cluster: name });
    return;
  }
  const { words } = deps.state;
  const [before, quiets, holds] = await Promise.all([
    deps.state.live.read(name),
    words.quiets(),
    words.holds(),
  ]);
  const now = deps.clock.now();
  const { outcomes } = await watchCluster(
    deps,
    fleet,
    cluster,
    before,
    {
      quiets: quiets.filter((quiet) => quiet.cluster === name),
      hold: holds.find((hold) => hold.cluster === name && hold.until > now),
    },
    new Sweeping(deps.clock, fleet.probe),
  );
  await noteOutcomes(deps, outcomes, channelNames(fleet));
}

/** Sends what one cluster's outbox owes: a delayed nudge after a delivery that failed. */
export async function deliverOne(deps: WatchDeps, cluster: string): Promise<void> {
  const { fleet } = await deps.loadFleet();
  const { outbox } = await deps.state.live.read(cluster);
  await noteOutcomes(deps, await deliverDue(deps, fleet, cluster, outbox), channelNames(fleet));
}

function channelNames(fleet: Fleet): string[] {
  return fleet.channels.map((channel) => channel.name);
}

async function remember(deps: WatchDeps): Promise<Remembered> {
  const { live, words, sweeps } = deps.state;
  const [scanned, quiets, holds, last] = await Promise.all([
    live.scan(),
    words.quiets(),
    words.holds(),
    sweeps.last(),
  ]);
  for (const row of scanned.unreadable) deps.log.error('row-unreadable', { ...row });
  return { ...scanned, quiets, holds, last };
}

/** Partitions of clusters that fleet.yaml does not name any more. */
function leftClusters(partitions: Map<string, LivePartition>, fleet: Fleet): string[] {
  const watched = new Set(fleet.clusters.map((cluster) => cluster.name));
  return [...partitions.keys()].filter((name) => name !== fleetPartition && !watched.has(name));
}

function nodeCount(clusters: Cluster[]): number {
  return clusters.reduce((sum, cluster) => sum + cluster.nodes.length, 0);
}
