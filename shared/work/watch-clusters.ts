/** The clusters of a sweep, or of a batch of one: each on its own, so that none waits for another. */
import { owedOf } from '../alert/owed.ts';
import type { Cluster } from '../fleet/fleet.ts';
import type { LoadedFleet } from '../fleet/source.ts';
import { notAsked } from '../probe/gather.ts';
import type { ClusterObservation } from '../probe/observation.ts';
import type { BatchResult, LivePartition, Owed } from '../state/ports.ts';
import { inTime } from './deadline.ts';
import { type ChannelOutcome, deliverDue } from './deliver.ts';
import type { WatchDeps } from './deps.ts';
import { forgetCluster } from './forget.ts';
import { NotSwept, reasonOf } from './not-swept.ts';
import { fleetPartition, type Remembered, wordsOf } from './remember.ts';
import { type During, watchCluster } from './watch-cluster.ts';

export interface Watching {
  /** In the order in which they begin. */
  clusters: Cluster[];
  /** Partitions of clusters that fleet.yaml does not name any more. */
  left: string[];
  /** Two sweeps saw this fleet.yaml: a file that is seen half written lacks clusters. */
  mayForget: boolean;
  startedAt: number;
}

/** Grows while the clusters are watched. */
export interface Watched extends Pick<BatchResult, 'failed' | 'slow' | 'prompt'> {
  observations: ClusterObservation[];
  outcomes: ChannelOutcome[];
}

/** Never rejects: what goes wrong for a cluster is told as that cluster's. */
export async function watchClusters(
  deps: WatchDeps,
  { fleet }: LoadedFleet,
  remembered: Remembered,
  during: During,
  { clusters, left, mayForget, startedAt }: Watching,
): Promise<Watched> {
  const { clock } = deps;
  const { sweeping } = during;
  const began = clock.elapsed();
  const watched: Watched = {
    observations: [],
    outcomes: [],
    failed: [],
    slow: [],
    prompt: { ms: 0, clusters: 0 },
  };
  const unreadable = unreadableHeads(remembered);
  const partitionOf = (name: string): LivePartition => remembered.partitions.get(name) ?? { outbox: [] };

  const watching = clusters.map((cluster) =>
    settle(deps, during, watched, cluster.name, async () => {
      const before = partitionOf(cluster.name);
      const why = unreadable.get(cluster.name);
      if (why !== undefined) {
        watched.outcomes.push(...(await deliverDue(deps, fleet, cluster.name, before.outbox)));
        throw new NotSwept(why);
      }
      const words = wordsOf(remembered, cluster.name, startedAt);
      const { observation, outcomes } = await watchCluster(deps, fleet, cluster, before, words, during);
      watched.observations.push(observation);
      watched.outcomes.push(...outcomes);
      if (isSlow(observation, sweeping.slotMs)) watched.slow.push(cluster.name);
      else watched.prompt = { ms: clock.elapsed() - began, clusters: watched.prompt.clusters + 1 };
      refuseNotAsked(observation);
    }).then((ended) => {
      // What does not end in time keeps others waiting, too.
      if (!ended && !watched.slow.includes(cluster.name)) watched.slow.push(cluster.name);
    }),
  );
  const forgetting = left.map((name) =>
    settle(deps, during, watched, name, async () => {
      const before = partitionOf(name);
      const told = mayForget
        ? await forgetCluster(deps, fleet, name, before)
        : await deliverDue(deps, fleet, name, before.outbox);
      watched.outcomes.push(...told);
    }),
  );
  await Promise.all([...watching, ...forgetting]);
  return watched;
}

/** Ends the work in time, and notes for whom it failed. Never rejects. @returns whether it did not. */
export async function settle(
  { log }: WatchDeps,
  { sweeping }: Pick<During, 'sweeping'>,
  { failed }: Pick<Watched, 'failed'>,
  cluster: string,
  work: () => Promise<void>,
): Promise<boolean> {
  try {
    await inTime(sweeping, work);
    return true;
  } catch (error) {
    failed.push({ cluster, why: reasonOf(error) });
    log.error('cluster-not-swept', { cluster, error });
    return false;
  }
}

/** A head that this version cannot read is never overwritten: the cluster counts as not swept, its debts are paid. */
export function unreadableHeads({ unreadable }: Pick<Remembered, 'unreadable'>): Map<string, string> {
  return new Map(
    unreadable.filter(({ row }) => row === 'head').map(({ partition, why }) => [partition, why]),
  );
}

/** Of all that is remembered. */
export function owedIn(partitions: Iterable<LivePartition>): Owed[] {
  return owedOf([...partitions].flatMap(({ outbox }) => outbox.map(({ value }) => value)));
}

/** Partitions of clusters that fleet.yaml does not name any more. */
export function leftClusters({ partitions }: Pick<Remembered, 'partitions'>, clusters: Cluster[]): string[] {
  const named = new Set(clusters.map(({ name }) => name));
  return [...partitions.keys()].filter((name) => name !== fleetPartition && !named.has(name));
}

/** It waited for a node that does not answer. */
function isSlow({ nodes }: ClusterObservation, ms: number): boolean {
  return nodes.some(({ health }) => !health.ok && health.ms >= ms);
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
