/** One batch of a sweep: claimed by one worker, watched like a small fleet, its end written into its row. */
import type { LoadedFleet } from '../../fleet/source.ts';
import { Sweeping } from '../../probe/gather.ts';
import type { ClusterObservation } from '../../probe/observation.ts';
import type { Batch, BatchResult, Stored } from '../../state/ports.ts';
import { inShare } from '../../state/share.ts';
import { channelNames, noteOutcomes } from '../channels.ts';
import type { WatchDeps } from '../deps.ts';
import { reasonOf } from '../not-swept.ts';
import { dueEachMinute, type NudgeDue } from '../nudge-steps.ts';
import { nodeCount } from '../record.ts';
import { fleetPartition, silentBefore } from '../remember.ts';
import { startOrder } from '../start-order.ts';
import { leftClusters, owedIn, watchClusters } from '../watch-clusters.ts';
import type { BatchName } from './batch-name.ts';
import type { OfOneSweep } from './reads.ts';
import { leaseMs } from './state-of.ts';

/** Longer than a host sleeps between two looks into its queue (host.json's maxPollingInterval, 2 s), ms. */
const wokenMs = 3000;

/**
 * When a worker looks whether others came for their batches, ms after the sweep began: as soon as each was woken, and at
 * the end of what a batch waits for the worker that has connections to its clusters, in time for somebody else.
 */
function looksOf(intervalMs: number): number[] {
  const graceMs = Math.min(intervalMs / 2, Math.max(wokenMs, intervalMs / 6));
  return graceMs > wokenMs ? [wokenMs, graceMs] : [graceMs];
}

/**
 * A message wakes a worker: it runs the batches whose clusters it had last time, then the one that the message names, if nobody
 * has it; at once where that is nobody's, or a worker's who has two more than this one. While others may still come for theirs
 * it waits a little, and takes no other message: moving costs connections, and what they prove. Messages come twice, and late:
 * what no plan has any more, or somebody has already, is left alone.
 *
 * Rejects when storage cannot be read; what fails in a batch is written into its row, for the timer to tell.
 */
export async function runBatches(deps: WatchDeps, name: BatchName): Promise<void> {
  const { clock, log, reads } = deps;
  const shared = await reads.of(deps, name.sweep).catch(() => reads.of(deps, name.sweep));
  if (!shared) return log.info('batch-outdated', { ...name });
  const { free } = shared;
  let failed: { error: unknown } | undefined;
  /** Whether it is not free any more. One that could not be begun is: for another worker, or another message. */
  const run = async (planned: Stored<Batch> | undefined): Promise<boolean> => {
    if (!planned) return true;
    const { number } = planned.value;
    free.delete(number);
    try {
      await runBatch(deps, planned, shared);
      return true;
    } catch (error) {
      log.error('batch-not-begun', { sweep: name.sweep, number, error });
      free.set(number, planned);
      failed = { error };
      return false;
    }
  };
  const isOwn = ({ value }: Stored<Batch>) => value.home === reads.worker;
  const runOwn = async (): Promise<void> => {
    for (let next = [...free.values()].find(isOwn); next; next = [...free.values()].find(isOwn)) {
      if (!(await run(next))) return;
    }
  };
  const runNamed = async (): Promise<void> => {
    const named = free.get(name.number);
    if (named?.value.home === undefined || shared.takesOver(named.value.home)) await run(named);
    const since = clock.now();
    for (const lookMs of looksOf(deps.intervalMs)) {
      // Who gives a message back at once takes another one's: each worker must get one to be woken by.
      const other = [...free.values()].find(
        ({ value }) => value.home !== undefined && value.home !== reads.worker,
      );
      if (!other) break;
      // By the timer's clock, and at most as long by this one's.
      const waitMs = Math.min(since, other.value.sweep.startedAt) + lookMs - clock.now();
      if (waitMs > 0) await clock.sleep(waitMs);
      // The claim decides; this only saves asking for what is taken.
      await shared.lookAgain(lookMs).catch((error: unknown) => log.warn('batches-not-read', { error }));
    }
    await run(free.get(name.number));
  };
  await Promise.all([runOwn(), runNamed()]);
  if (failed) throw failed.error;
}

/** Rejects when it could not be begun. */
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
    const { result, observations, startedAt } = await watchBatch(deps, claimed.value, loaded, shared);
    await end({ result });
    // For people only: its loss must not look like clusters that nobody watched.
    await state.observations
      .save({ at: startedAt, clusters: observations }, number)
      .catch((error: unknown) => log.error('observations-not-saved', { error }));
  } catch (error) {
    log.error('batch-failed', { ...named, error });
    await end({ failure: reasonOf(error) }).catch((lost: unknown) =>
      log.error('batch-end-not-written', { ...named, error: lost }),
    );
  }
}

async function claim(
  { clock, reads, state }: WatchDeps,
  { value, etag }: Stored<Batch>,
  { fleet }: LoadedFleet,
): Promise<Stored<Batch> | 'conflict' | 'gone'> {
  // By the later of two clocks: a lease must not end early for whoever compares it with the timer's.
  const at = Math.max(clock.now(), value.sweep.startedAt);
  const ours = { by: reads.worker, at, until: at + leaseMs(fleet) };
  const claimed = await state.batches.update({ value: { ...value, claim: ours }, etag });
  if (claimed !== 'conflict') return claimed;
  // The answer to a claim that was written may be lost, and the SDK asks again.
  const { batches } = await state.batches.list();
  const now = batches.find(
    (row) => row.value.number === value.number && row.value.sweep.id === value.sweep.id,
  );
  const isOurs = now?.value.claim?.by === ours.by && now.value.claim.at === at && !now.value.result;
  return now && isOurs ? now : 'conflict';
}

/**
 * From one watch of these clusters to the next, not from sweep to sweep: a plan may have left them out, and minutes with them.
 * What was never watched in a batch was in the sweep before.
 */
function nudgeDueIn({ claim, sweep, seenAt = sweep.startedAt }: Batch, intervalMs: number): NudgeDue {
  const before = seenAt < sweep.startedAt ? seenAt : sweep.before;
  // A worker's clock may be ahead: its windows must not overlap.
  const at = Math.min(claim?.at ?? sweep.startedAt, sweep.startedAt + intervalMs);
  return dueEachMinute(at, before);
}

async function watchBatch(
  deps: WatchDeps,
  batch: Batch,
  loaded: LoadedFleet,
  { quiets, holds, recoverRows }: OfOneSweep,
): Promise<{ result: BatchResult; observations: ClusterObservation[]; startedAt: number }> {
  const { clock, log, state } = deps;
  const { fleet } = loaded;
  const { share, sweep } = batch;
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
  const during = { sweeping, recoverRows, nudgeDue: nudgeDueIn(batch, deps.intervalMs) };
  const watched = await watchClusters(deps, loaded, remembered, during, {
    clusters: startOrder(clusters, sweep.turn),
    left: 'only' in share ? [] : leftClusters(remembered, fleet.clusters),
    mayForget: loaded.hash !== undefined && sweep.settledHash === loaded.hash,
    startedAt,
  });
  const { failed, slow, prompt, observations, outcomes } = watched;
  await noteOutcomes(deps, outcomes, channelNames(fleet)).catch((error: unknown) =>
    log.error('outcomes-not-noted', { partition: fleetPartition, error }),
  );
  const result: BatchResult = {
    finishedAt: clock.now(),
    clusters: clusters.length,
    nodes: nodeCount(clusters),
    failed,
    slow,
    prompt,
    owed: owedIn(remembered.partitions.values()),
    unreadable: remembered.unreadable,
    ...(loaded.hash !== sweep.fleetHash && { watched: clusters.map(({ name }) => name) }),
  };
  return { result, observations, startedAt };
}
