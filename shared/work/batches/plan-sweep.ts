/**
 * A sweep of a large fleet, as its timer sees it: what the last batches came to is judged and told, and the next ones
 * are planned and put on the queue. Any worker runs them. Killed anywhere, the next tick finds what nobody took.
 */
import type { LoadedFleet } from '../../fleet/source.ts';
import { Sweeping } from '../../probe/gather.ts';
import type { Batch, Owed, SweepRecord } from '../../state/ports.ts';
import { inShare } from '../../state/share.ts';
import { beat } from '../beat.ts';
import type { WatchDeps } from '../deps.ts';
import { sweepGap } from '../gap.ts';
import { nodeCount, recordOf, type SweepResult } from '../record.ts';
import { readRecoverRows } from '../recover-rows.ts';
import { fleetPartition, type Remembered } from '../remember.ts';
import { startOrder } from '../start-order.ts';
import { owedIn } from '../watch-clusters.ts';
import { sweepFleet } from '../watch-fleet.ts';
import { batchName } from './batch-name.ts';
import { type Ended, endedSweep } from './ended.ts';
import { planShares } from './shares.ts';
import { type BatchState, stateOf } from './state-of.ts';

/** A message that waited for two intervals names a plan that is no more; it must outlive its own run, too, ms. */
const longestRunMs = 240_000;

interface Past {
  batch: Batch;
  state: BatchState;
}

/**
 * Rejects when storage cannot be read or does not take the plan.
 *
 * @returns what the sweep before came to, and how many batches were planned.
 */
export async function planSweep(
  deps: WatchDeps,
  loaded: LoadedFleet,
  startedAt: number,
): Promise<SweepResult> {
  const { clock, log, state } = deps;
  const { fleet } = loaded;
  const recoverRows = readRecoverRows(deps);
  const [found, quiets, holds] = await Promise.all([
    state.batches.look(),
    state.words.quiets(),
    state.words.holds(),
  ]);
  const { last, unreadable } = found;
  // A plan is of one sweep only: a row of it that cannot be read is named and written anew.
  for (const row of unreadable) log.error('row-unreadable', { ...row });
  const rows = found.batches.map(({ value }) => value);
  const past = rows
    .map((batch): Past => ({ batch, state: stateOf(batch, startedAt) }))
    .filter((row) => row.state === 'running' || !isOlder(row.batch, last));
  const names = fleet.clusters.map(({ name }) => name);
  const ended = endedSweep(past, names, startedAt, deps.intervalMs);
  const counts = { clusters: names.length, nodes: nodeCount(fleet.clusters) };
  // Timers fire twice at times, after a restart for one: nobody could have ended that plan yet.
  if (ended && startedAt - ended.sweep.startedAt < deps.intervalMs / 2) {
    log.info('sweep-too-early', { sweep: ended.sweep.id });
    return { id: ended.sweep.id, complete: last?.complete ?? false, ...counts, failed: last?.failed ?? [] };
  }

  const partitions = new Map([[fleetPartition, found.fleet]]);
  const remembered: Remembered = { partitions, unreadable, quiets, holds, last };
  const settled = loaded.hash !== undefined && last?.fleetHash === loaded.hash;
  const gap = sweepGap(last, startedAt, deps.intervalMs, ended?.sweep.startedAt);
  const owed = [...(ended?.owed ?? []), ...owedIn([found.fleet])];
  const watched = { failed: [...(ended?.failed ?? [])], outcomes: [] };
  const onError = (error: unknown) => log.error('sweep-timer-failed', { error });
  const sweeping = new Sweeping(clock, fleet.probe, { onError });
  const untaken = ended?.untaken ?? [];
  const messages = unreadable.filter(({ row }) => numberOf(row).length === 0);
  const seen = {
    gap,
    owed,
    settled,
    startedAt,
    unreadable: [...messages, ...(ended?.unreadable ?? [])],
    untaken,
  };
  const before = ended?.sweep.startedAt ?? last?.startedAt;
  const sweep: Batch['sweep'] = {
    id: deps.newId(),
    startedAt,
    turn: Math.max(last?.turn ?? 0, ended?.sweep.turn ?? 0) + 1,
    ...(before !== undefined && { before }),
    ...(settled && { settledHash: loaded.hash }),
  };
  const batches = planned(past, sweep, names, loaded);
  const there = [...rows.map(({ number }) => number), ...unreadable.flatMap(({ row }) => numberOf(row))];
  deps.reads.lend(sweep.id, { quiets, holds, recoverRows });
  // Together: a channel that does not answer must not keep clusters waiting.
  await Promise.all([
    sweepFleet(deps, loaded, remembered, { sweeping, recoverRows }, watched, seen),
    start(deps, batches, there, past),
  ]);
  // Last: a plan that is on record was made.
  if (ended) await noteEnd(deps, loaded, last, ended, watched.failed, gap, owed, startedAt);
  log.info('sweep-planned', { sweep: sweep.id, batches: batches.length, stillRunning: runningOf(past).size });
  return {
    id: sweep.id,
    complete: ended !== undefined && watched.failed.length === 0,
    ...counts,
    failed: watched.failed,
    batches: batches.length,
  };
}

/** Writes the plan, then its messages: whoever takes one finds its row. @param there numbers of all rows. */
async function start(deps: WatchDeps, batches: Batch[], there: number[], past: Past[]): Promise<void> {
  const running = runningOf(past);
  const taken = new Set([...running, ...batches.map(({ number }) => number)]);
  const gone = there.filter((number) => !taken.has(number));
  await deps.state.batches.plan(batches, gone);
  const lifetimeMs = 2 * deps.intervalMs + longestRunMs;
  for (const { number, sweep } of batches) {
    await deps.state.nudges.batch(batchName({ sweep: sweep.id, number }), lifetimeMs);
  }
}

function runningOf(past: Past[]): Set<number> {
  return new Set(past.filter(({ state }) => state === 'running').map(({ batch }) => batch.number));
}

async function noteEnd(
  deps: WatchDeps,
  loaded: LoadedFleet,
  last: SweepRecord | undefined,
  { sweep, finishedAt }: Ended,
  failed: SweepResult['failed'],
  gap: SweepRecord['gap'] | undefined,
  owed: Owed[],
  plannedAt: number,
): Promise<void> {
  const { id, startedAt, turn } = sweep;
  const record = recordOf({ id, startedAt, finishedAt, failed, turn, gap }, loaded, last);
  await deps.state.sweeps.save({ ...record, plannedAt });
  // After a pause it is an old sweep that was complete.
  if (record.complete && gap?.to !== plannedAt) await beat(deps, loaded.fleet, owed);
}

/** A sweep of the whole fleet came after it: the fleet was small for a while. */
function isOlder({ sweep }: Batch, last: SweepRecord | undefined): boolean {
  return last !== undefined && last.plannedAt === undefined && last.startedAt > sweep.startedAt;
}

/** Batches that still run keep their numbers. Those that may take their worker with them go to the queue last. */
function planned(past: Past[], sweep: Batch['sweep'], names: string[], { fleet }: LoadedFleet): Batch[] {
  const taken = new Set(past.filter(({ state }) => state === 'running').map(({ batch }) => batch.number));
  const shares = planShares(names, past, fleet.probe.batches);
  // Where workers are too few, it must not always be the same clusters that wait for the longest.
  const order = startOrder(shares, sweep.turn).sort((a, b) => Number(a.suspect) - Number(b.suspect));
  const seenAt = lastSeen(past, names, sweep);
  let number = -1;
  return order.map(({ share, home }) => {
    do number += 1;
    while (taken.has(number));
    const seen = names.filter(inShare(share)).map(seenAt);
    const oldest = Math.min(sweep.startedAt, ...seen);
    return { number, share, sweep, seenAt: oldest, ...(home !== undefined && { home }) };
  });
}

/** When a cluster was watched last, ms; one that is new, or that a sweep of the whole fleet had, was just now. */
function lastSeen(past: Past[], names: string[], { startedAt }: Batch['sweep']): (name: string) => number {
  const times = new Map<string, number>();
  for (const { batch } of past) {
    const { claim, result, sweep, seenAt = sweep.startedAt } = batch;
    const failed = new Set(result?.failed.map(({ cluster }) => cluster));
    for (const name of names.filter(inShare(batch.share))) {
      times.set(name, result && claim && !failed.has(name) ? claim.at : seenAt);
    }
  }
  return (name) => times.get(name) ?? startedAt;
}

/** Of a row that cannot be read: its key still tells. */
function numberOf(row: string): number[] {
  const [, number] = /^batch-(\d+)$/.exec(row) ?? [];
  return number === undefined ? [] : [Number(number)];
}
