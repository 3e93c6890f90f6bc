/** One batch of a sweep: claimed by one worker, watched like a small fleet, its end written into its row. */
import type { LoadedFleet } from '../../fleet/source.ts';
import { Sweeping } from '../../probe/gather.ts';
import type { Batch, BatchResult, Stored } from '../../state/ports.ts';
import { inShare } from '../../state/share.ts';
import { channelNames, noteOutcomes } from '../channels.ts';
import { besidesProbesMs } from '../deadline.ts';
import type { WatchDeps } from '../deps.ts';
import { reasonOf } from '../not-swept.ts';
import { dueEachMinute } from '../nudge-steps.ts';
import { nodeCount } from '../record.ts';
import { fleetPartition, silentBefore } from '../remember.ts';
import { startOrder } from '../start-order.ts';
import { leftClusters, owedIn, watchClusters } from '../watch-clusters.ts';
import type { BatchName } from './batch-name.ts';
import type { OfOneSweep } from './reads.ts';

/** For what comes before and after the clusters of a batch, ms: storage, mostly. */
const besidesClustersMs = 20_000;

/** How long a batch waits for the worker that has connections to its clusters, as a part of the interval. */
const graceOfInterval = 1 / 6;

/**
 * A message wakes a worker: it runs the batches whose clusters it had last time, then the one that the message names, if nobody
 * has it. While others may still come for theirs it waits a little, and takes no other message: moving costs connections,
 * and what they prove. Messages come twice, and late: what no plan has any more, or somebody has already, is left alone.
 *
 * Rejects when storage cannot be read; what fails in a batch is written into its row, for the timer to tell.
 */
export async function runBatches(deps: WatchDeps, name: BatchName): Promise<void> {
  const { clock, log, reads } = deps;
  const shared = await reads.of(deps, name.sweep);
  if (!shared) return log.info('batch-outdated', { ...name });
  const { free } = shared;
  const take = (number: number | undefined): Stored<Batch> | undefined => {
    const planned = number === undefined ? undefined : free.get(number);
    if (planned) free.delete(planned.value.number);
    return planned;
  };
  const own = () => [...free.values()].find(({ value }) => value.home === reads.worker)?.value.number;
  for (let next = take(own()); next; next = take(own())) await runBatch(deps, next, shared);
  const homeless = free.get(name.number)?.value.home === undefined && take(name.number);
  if (homeless) await runBatch(deps, homeless, shared);
  // Who gives a message back at once takes another one's: each worker must get one to be woken by.
  const [other] = [...free.values()].filter(({ value }) => value.home !== undefined);
  if (other) {
    const waitMs = other.value.sweep.startedAt + deps.intervalMs * graceOfInterval - clock.now();
    if (waitMs > 0) await clock.sleep(waitMs);
    await shared.lookAgain();
  }
  const left = take(name.number);
  if (left) await runBatch(deps, left, shared);
}

async function runBatch(deps: WatchDeps, planned: Stored<Batch>, shared: OfOneSweep): Promise<void> {
  const { log, state } = deps;
  const { number, sweep } = planned.value;
  const named = { sweep: sweep.id, number };
  const loaded = await deps.loadFleet();
  const claimed = await claim(deps, planned, loaded);
  if (claimed === 'conflict') return log.info('batch-taken', named);
  if (claimed === 'gone') return log.info('batch-outdated', named);
  const end = async (part: Pick<Batch, 'result'> | Pick<Batch, 'failure'>): Promise<void> => {
    const ended = await state.batches.update({ value: { ...claimed.value, ...part }, etag: claimed.etag });
    // The timer took it for dead, or planned anew: it has told so, and this word comes too late.
    if (ended === 'conflict' || ended === 'gone') log.warn('batch-ended-late', named);
  };
  try {
    await end({ result: await watchBatch(deps, claimed.value, loaded, shared) });
  } catch (error) {
    log.error('batch-failed', { ...named, error });
    await end({ failure: reasonOf(error) });
  }
}

function claim(
  { clock, reads, state }: WatchDeps,
  { value, etag }: Stored<Batch>,
  { fleet }: LoadedFleet,
): Promise<Stored<Batch> | 'conflict' | 'gone'> {
  const at = clock.now();
  const until = at + fleet.probe.deadlineMs + besidesProbesMs + besidesClustersMs;
  return state.batches.update({ value: { ...value, claim: { by: reads.worker, at, until } }, etag });
}

async function watchBatch(
  deps: WatchDeps,
  { share, sweep, number }: Batch,
  loaded: LoadedFleet,
  { quiets, holds, recoverRows }: OfOneSweep,
): Promise<BatchResult> {
  const { clock, log, state } = deps;
  const { fleet } = loaded;
  const startedAt = clock.now();
  const scanned = await state.live.scan(share);
  for (const row of scanned.unreadable) log.error('row-unreadable', { ...row });
  const remembered = { ...scanned, quiets, holds, last: undefined };
  const inside = inShare(share);
  const clusters = fleet.clusters.filter(({ name }) => inside(name));
  const sweeping = new Sweeping(clock, fleet.probe, {
    wasSilent: silentBefore(remembered),
    onError: (error) => log.error('sweep-timer-failed', { error }),
  });
  const during = { sweeping, recoverRows, nudgeDue: dueEachMinute(sweep.startedAt, sweep.before) };
  const watched = await watchClusters(deps, loaded, remembered, during, {
    clusters: startOrder(clusters, sweep.turn),
    left: 'only' in share ? [] : leftClusters(remembered, fleet.clusters),
    mayForget: loaded.hash !== undefined && sweep.settledHash === loaded.hash,
    startedAt,
  });
  const { failed, slow, prompt, observations, outcomes } = watched;
  await Promise.all([
    // For people only: its loss must not look like clusters that nobody watched.
    state.observations
      .save({ at: startedAt, clusters: observations }, number)
      .catch((error: unknown) => log.error('observations-not-saved', { error })),
    noteOutcomes(deps, outcomes, channelNames(fleet)).catch((error: unknown) =>
      log.error('outcomes-not-noted', { partition: fleetPartition, error }),
    ),
  ]);
  return {
    finishedAt: clock.now(),
    clusters: clusters.length,
    nodes: nodeCount(clusters),
    failed,
    slow,
    prompt,
    owed: owedIn(remembered.partitions.values()),
    unreadable: remembered.unreadable,
  };
}
