/**
 * One sweep: every cluster is observed, judged, decided and told on its own, so that none waits for another;
 * then the fleet itself. Killed anywhere, the next sweep decides again or sends what is owed.
 */
import type { Cluster, Fleet } from '../fleet/fleet.ts';
import { notAsked, Sweeping } from '../probe/gather.ts';
import type { ClusterObservation } from '../probe/observation.ts';
import type { LivePartition, SweepRecord } from '../state/ports.ts';
import { noteOutcomes } from './channels.ts';
import { inTime } from './deadline.ts';
import { type ChannelOutcome, deliverDue } from './deliver.ts';
import type { WatchDeps } from './deps.ts';
import { forgetCluster } from './forget.ts';
import { sweepGap } from './gap.ts';
import { NotSwept, reasonOf } from './not-swept.ts';
import { dueEachMinute } from './nudge-steps.ts';
import { readRecoverRows } from './recover-rows.ts';
import { fleetPartition, leftClusters, remember, silentBefore, wordsOf } from './remember.ts';
import { startOrder } from './start-order.ts';
import { unheard } from './unheard.ts';
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

/**
 * Sweeps the whole fleet. Rejects when there is no configuration at all or storage cannot be read: the host
 * then counts a failed run, and the status endpoint turns 503 by the age of the last sweep.
 */
export async function sweep(deps: WatchDeps): Promise<SweepResult> {
  const { clock, log } = deps;
  const startedAt = clock.now();
  const recoverRows = readRecoverRows(deps);
  const [loaded, remembered] = await Promise.all([deps.loadFleet(), remember(deps)]);
  const { fleet } = loaded;
  const { last } = remembered;
  const turn = (last?.turn ?? 0) + 1;
  const sweeping = new Sweeping(clock, fleet.probe, {
    wasSilent: silentBefore(remembered),
    onError: (error) => log.error('sweep-timer-failed', { error }),
  });
  const nudgeDue = dueEachMinute(startedAt, last?.startedAt);
  const during = { sweeping, recoverRows, nudgeDue };
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
  const partitionOf = (name: string): LivePartition => remembered.partitions.get(name) ?? { outbox: [] };
  const words = (cluster: string) => wordsOf(remembered, cluster, startedAt);

  /** A head that this version cannot read is never overwritten: the cluster counts as not swept, its debts are paid. */
  const unreadable = new Map(
    remembered.unreadable.filter(({ row }) => row === 'head').map(({ partition, why }) => [partition, why]),
  );
  const refuse = async (cluster: string, why: string): Promise<void> => {
    outcomes.push(...(await deliverDue(deps, fleet, cluster, partitionOf(cluster).outbox)));
    throw new NotSwept(why);
  };

  const watching = startOrder(fleet.clusters, turn).map((cluster) =>
    settle(cluster.name, async () => {
      const why = unreadable.get(cluster.name);
      if (why !== undefined) await refuse(cluster.name, why);
      const before = partitionOf(cluster.name);
      const watched = await watchCluster(deps, fleet, cluster, before, words(cluster.name), during);
      observations.push(watched.observation);
      outcomes.push(...watched.outcomes);
      refuseNotAsked(watched.observation);
    }),
  );
  // A file that is seen half written lacks clusters: only one that two sweeps saw lets any be forgotten.
  const settled = loaded.hash !== undefined && last?.fleetHash === loaded.hash;
  const forgetting = leftClusters(remembered, fleet).map((name) =>
    settle(name, async () => {
      const before = partitionOf(name);
      const told = settled
        ? await forgetCluster(deps, fleet, name, before)
        : await deliverDue(deps, fleet, name, before.outbox);
      outcomes.push(...told);
    }),
  );
  await Promise.all([...watching, ...forgetting]);

  const gap = sweepGap(last, startedAt, deps.intervalMs);
  await settle(fleetPartition, async () => {
    const why = unreadable.get(fleetPartition);
    if (why !== undefined) await refuse(fleetPartition, why);
    const missed = { gap, failed: [...failed], unreadable: remembered.unreadable };
    const { openRotations } = await recoverRows;
    const swept = { missed, openRotations, settled };
    await watchFleet(deps, loaded, remembered.partitions, words(fleetPartition), swept, outcomes);
  });

  const complete = failed.length === 0;
  const finishedAt = clock.now();
  const lastCompleteAt = complete
    ? finishedAt
    : (last?.lastCompleteAt ?? (last?.complete ? last.finishedAt : undefined));
  const record: SweepRecord = {
    id: deps.newId(),
    startedAt,
    finishedAt,
    clusters: fleet.clusters.length,
    nodes: nodeCount(fleet.clusters),
    complete,
    turn,
    firstAt: last?.firstAt ?? startedAt,
    ...(gap && { gap }),
    ...(!complete && { failed }),
    ...(lastCompleteAt !== undefined && { lastCompleteAt }),
    ...(loaded.hash !== undefined && { fleetHash: loaded.hash }),
  };
  await Promise.all([
    deps.state.sweeps.save(record),
    // For people only: its loss must not look like a watcher that stopped.
    deps.state.observations
      .save({ at: startedAt, clusters: observations })
      .catch((error: unknown) => log.error('observations-not-saved', { error })),
  ]);
  if (complete) await beat(deps, fleet, remembered.partitions.values());
  return { id: record.id, complete, clusters: record.clusters, nodes: record.nodes, failed };
}

/** Rule 13: no answer is not good news, and no question even less. */
function refuseNotAsked(observation: ClusterObservation): void {
  const nodes = notAsked(observation);
  if (nodes.length === 0) return;
  const which =
    nodes.length > 3 ? `${nodes.slice(0, 3).join(', ')} and ${nodes.length - 3} more` : nodes.join(', ');
  throw new NotSwept(
    `${which} not asked: the sweep's deadline came first; raise probe.concurrency or probe.deadline`,
  );
}

/** Tells the outside that the fleet is watched and that people hear of it: it may not hear from us when they do not. */
async function beat(deps: WatchDeps, fleet: Fleet, partitions: Iterable<LivePartition>): Promise<void> {
  const lost = unheard(partitions, deps.clock.now());
  if (!lost) return deps.heartbeat(fleet);
  deps.log.error('heartbeat-withheld', { why: 'a critical message was tried in vain for too long', ...lost });
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
  const { outcomes } = await watchCluster(
    deps,
    fleet,
    cluster,
    before,
    wordsOf({ quiets, holds }, name, deps.clock.now()),
    {
      sweeping: new Sweeping(deps.clock, fleet.probe, {
        onError: (error) => deps.log.error('sweep-timer-failed', { error }),
      }),
      recoverRows: readRecoverRows(deps, name),
      // The sweeps keep the minutes.
      nudgeDue: () => false,
    },
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

function nodeCount(clusters: Cluster[]): number {
  return clusters.reduce((sum, cluster) => sum + cluster.nodes.length, 0);
}
