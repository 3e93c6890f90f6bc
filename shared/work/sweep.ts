/**
 * One sweep: every cluster is observed, judged, decided and told on its own, so that none waits for another;
 * then the fleet itself. Killed anywhere, the next sweep decides again or sends what is owed.
 */
import type { LoadedFleet } from '../fleet/source.ts';
import { Sweeping } from '../probe/gather.ts';
import type { SweepRecord } from '../state/ports.ts';
import { planSweep } from './batches/plan-sweep.ts';
import { beat } from './beat.ts';
import { channelNames, noteOutcomes } from './channels.ts';
import { deliverDue } from './deliver.ts';
import type { WatchDeps } from './deps.ts';
import { sweepGap } from './gap.ts';
import { dueEachMinute } from './nudge-steps.ts';
import { isBlind, recordOf, type SweepResult } from './record.ts';
import { readRecoverRows } from './recover-rows.ts';
import { remember, silentBefore, wordsOf } from './remember.ts';
import { startOrder } from './start-order.ts';
import { watchCluster } from './watch-cluster.ts';
import { leftClusters, owedIn, watchClusters } from './watch-clusters.ts';
import { sweepFleet } from './watch-fleet.ts';

/**
 * Sweeps the whole fleet; above `probe.batches.from` clusters, has workers sweep it in batches. Rejects when there is no
 * configuration at all or storage cannot be read: the host then counts a failed run, and the status endpoint turns 503
 * by the age of the last sweep.
 */
export async function sweep(deps: WatchDeps): Promise<SweepResult> {
  const startedAt = deps.clock.now();
  const loaded = await deps.loadFleet();
  const { clusters, probe } = loaded.fleet;
  return clusters.length > probe.batches.from
    ? planSweep(deps, loaded, startedAt)
    : sweepAll(deps, loaded, startedAt);
}

async function sweepAll(deps: WatchDeps, loaded: LoadedFleet, startedAt: number): Promise<SweepResult> {
  const { clock, log } = deps;
  const { fleet } = loaded;
  const recoverRows = readRecoverRows(deps);
  const remembered = await remember(deps);
  const { last } = remembered;
  const turn = (last?.turn ?? 0) + 1;
  const sweeping = new Sweeping(clock, fleet.probe, {
    wasSilent: silentBefore(remembered),
    onError: (error) => log.error('sweep-timer-failed', { error }),
  });
  const nudgeDue = dueEachMinute(startedAt, last?.startedAt);
  const settled = loaded.hash !== undefined && last?.fleetHash === loaded.hash;
  const during = { sweeping, recoverRows, nudgeDue };
  const watched = await watchClusters(deps, loaded, remembered, during, {
    clusters: startOrder(fleet.clusters, turn),
    left: leftClusters(remembered, fleet.clusters),
    mayForget: settled,
    startedAt,
  });

  const { failed } = watched;
  const gap = sweepGap(last, startedAt, deps.intervalMs);
  const owed = owedIn(remembered.partitions.values());
  const { unreadable } = remembered;
  const seen = { gap, owed, settled, startedAt, unreadable };
  await sweepFleet(deps, loaded, remembered, during, watched, seen);

  const record: SweepRecord = recordOf(
    { id: deps.newId(), startedAt, finishedAt: clock.now(), failed, turn, gap },
    loaded,
    last,
  );
  await Promise.all([
    deps.state.sweeps.save(record),
    // For people only: its loss must not look like a watcher that stopped.
    deps.state.observations
      .save({ at: startedAt, clusters: watched.observations })
      .catch((error: unknown) => log.error('observations-not-saved', { error })),
  ]);
  if (record.complete) await beat(deps, fleet, owed);
  const { id, complete, clusters, nodes } = record;
  return { id, complete, clusters, nodes, failed, blind: isBlind(fleet.clusters, failed) };
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
