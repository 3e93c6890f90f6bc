/**
 * A sweep of a large fleet, as its timer sees it: what the last batches came to is judged and told, and the next ones
 * are planned and put on the queue. Any worker runs them. Killed anywhere, the next tick finds what nobody took.
 */

import type { Alert } from '../../alert/alert.ts';
import type { LoadedFleet } from '../../fleet/source.ts';
import { Sweeping } from '../../probe/gather.ts';
import type { Batch, FleetRows, Owed } from '../../state/ports.ts';
import { sweepKey } from '../../state/sweep-row.ts';
import { beat } from '../beat.ts';
import type { WatchDeps } from '../deps.ts';
import { sweepGap } from '../gap.ts';
import { isBlind, nodeCount, recordOf, type SweepResult } from '../record.ts';
import { readRecoverRows } from '../recover-rows.ts';
import { fleetPartition, type Remembered } from '../remember.ts';
import { owedIn } from '../watch-clusters.ts';
import { type Seen, sweepFleet } from '../watch-fleet.ts';
import { batchName } from './batch-name.ts';
import { type Ended, endedSweep } from './ended.ts';
import { pastOf, planned } from './plan.ts';
import { isBatch, PlanRows } from './plan-rows.ts';

/** A message that waited for two intervals names a plan that is no more; it must outlive its own run, too, ms. */
const longestRunMs = 240_000;
/** Messages that are sent at once. */
const sentAtOnce = 16;
/** A worker may claim a row while the plan is made: then it is made again. */
const mostTries = 3;

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
  const { clock, log, reads, state } = deps;
  const { fleet } = loaded;
  const recoverRows = readRecoverRows(deps);
  const [rows, quiets, holds] = await Promise.all([
    PlanRows.read(state.batches),
    state.words.quiets(),
    state.words.holds(),
  ]);
  const names = fleet.clusters.map(({ name }) => name);
  const counts = { clusters: names.length, nodes: nodeCount(fleet.clusters) };
  for (let tries = 1; ; tries += 1) {
    const { found } = rows;
    const { last } = found;
    const past = pastOf(found, fleet, startedAt);
    const damaged = found.unreadable.filter(({ row }) => isBatch(row)).length + past.ahead.length;
    const ended = endedSweep(past.rows, names, startedAt, deps.intervalMs, {
      damaged,
      plannedAt: last?.plannedAt,
    });
    const since = startedAt - (ended.sweep?.startedAt ?? 0);
    // Timers fire twice at times, after a restart for one: nobody could have ended that plan yet.
    if (ended.sweep && Math.abs(since) < deps.intervalMs / 2) {
      log.info('sweep-too-early', { sweep: ended.sweep.id });
      return { id: ended.sweep.id, complete: last?.complete ?? false, ...counts, failed: [], blind: false };
    }
    const settled = loaded.hash !== undefined && last?.fleetHash === loaded.hash;
    const sweep = nextSweep(deps.newId(), startedAt, ended, found, loaded, settled);
    const batches = planned(past.rows, sweep, names, fleet);
    if (!(await rows.write(batches, past.running, tries < mostTries))) continue;
    for (const row of found.unreadable) log.error('row-unreadable', { ...row });
    reads.lend(sweep.id, { quiets, holds, recoverRows });

    const gap = sweepGap(last, startedAt, deps.intervalMs, ended.sweep?.startedAt);
    const untold = await untoldOwed(deps, found.fleet, past.rows);
    const owed = [...ended.owed, ...owedIn([found.fleet]), ...(untold ?? [])];
    const watched = { failed: [...ended.failed], outcomes: [] };
    const partitions = new Map([[fleetPartition, found.fleet]]);
    const remembered: Remembered = { partitions, unreadable: found.unreadable, quiets, holds, last };
    const sweeping = new Sweeping(clock, fleet.probe, {
      onError: (error) => log.error('sweep-timer-failed', { error }),
    });
    const { untaken, running } = ended;
    const messages = found.unreadable.filter(({ row }) => !isBatch(row) && row !== sweepKey);
    const unreadable = [...messages, ...ended.unreadable];
    const owedInPart = damaged > 0 || untold === undefined;
    const seen: Seen = { gap, owed, owedInPart, settled, startedAt, unreadable, untaken, running };
    // Together: a channel that does not answer must not keep clusters waiting.
    await Promise.all([
      sweepFleet(deps, loaded, remembered, { sweeping, recoverRows }, watched, seen),
      sendAll(deps, batches),
    ]);
    const complete = await noteEnd(deps, loaded, found, ended, watched.failed, seen);
    log.info('sweep-planned', { sweep: sweep.id, batches: batches.length, stillRunning: past.running.size });
    const { failed } = watched;
    const blind = isBlind(fleet.clusters, failed);
    return { id: sweep.id, complete, ...counts, failed, blind, batches: batches.length };
  }
}

/**
 * Of clusters whose batches have no result, where it matters: while a channel is told as one that takes nothing.
 *
 * @returns undefined where it is not known.
 */
async function untoldOwed(
  { log, state }: WatchDeps,
  { head }: FleetRows['fleet'],
  rows: { batch: Batch }[],
): Promise<Owed[] | undefined> {
  const without = rows.filter(({ batch }) => !batch.result).map(({ batch }) => batch.share);
  if (rows.length > 0 && without.length === 0) return [];
  const isOpen = ({ finding, resolvedAt }: Alert) =>
    finding.code === 'alert-undeliverable' && resolvedAt === undefined;
  if (!head?.value.alerts.some(isOpen)) return undefined;
  try {
    const shares = rows.length > 0 ? without : [undefined];
    const scanned = await Promise.all(shares.map((share) => state.live.scan(share)));
    if (scanned.some(({ unreadable }) => unreadable.length > 0)) return undefined;
    return owedIn(scanned.flatMap(({ partitions }) => [...partitions.values()]));
  } catch (error) {
    log.warn('owed-not-read', { error });
    return undefined;
  }
}

function nextSweep(
  id: string,
  startedAt: number,
  { sweep: before }: Ended,
  { last }: FleetRows,
  { hash }: LoadedFleet,
  settled: boolean,
): Batch['sweep'] {
  const beganBefore = before?.startedAt ?? last?.startedAt;
  return {
    id,
    startedAt,
    turn: Math.max(last?.turn ?? 0, before?.turn ?? 0) + 1,
    ...(beganBefore !== undefined && { before: beganBefore }),
    ...(settled && { settledHash: hash }),
    ...(hash !== undefined && { fleetHash: hash }),
  };
}

/** A batch without a message is one that no worker takes: the next tick tells so. */
async function sendAll({ log, state, intervalMs }: WatchDeps, batches: Batch[]): Promise<void> {
  const lifetimeMs = 2 * intervalMs + longestRunMs;
  for (let from = 0; from < batches.length; from += sentAtOnce) {
    const sent = await Promise.allSettled(
      batches
        .slice(from, from + sentAtOnce)
        .map(({ number, sweep }) => state.nudges.batch(batchName({ sweep: sweep.id, number }), lifetimeMs)),
    );
    for (const one of sent) if (one.status === 'rejected') log.error('batch-not-sent', { error: one.reason });
  }
}

/** Last: a plan that is on record was made. @returns whether the sweep before was complete. */
async function noteEnd(
  deps: WatchDeps,
  loaded: LoadedFleet,
  { last }: FleetRows,
  { sweep, finishedAt, isOpen }: Ended,
  failed: SweepResult['failed'],
  { gap, owed, startedAt: plannedAt }: Seen,
): Promise<boolean> {
  if (!sweep) return false;
  const { id, startedAt, turn } = sweep;
  const record = recordOf({ id, startedAt, finishedAt, failed, turn, gap, isOpen }, loaded, last);
  await deps.state.sweeps.save({ ...record, plannedAt });
  // After a pause it is an old sweep that was complete.
  if (record.complete && gap?.to !== plannedAt) await beat(deps, loaded.fleet, owed);
  return record.complete;
}
