/** What the batches of the last plan come to. Pure. */
import type { Batch, Owed, UnreadableRow } from '../../state/ports.ts';
import { inShare } from '../../state/share.ts';
import type { SweepResult } from '../record.ts';
import type { BatchState } from './state-of.ts';

export interface Ended {
  /** The newest sweep that is in the rows. */
  sweep: Batch['sweep'];
  /** When the last of its batches ended, ms; now, where none did. */
  finishedAt: number;
  failed: SweepResult['failed'];
  /** Clusters whose batches no worker took. */
  untaken: string[];
  owed: Owed[];
  unreadable: UnreadableRow[];
}

/**
 * A cluster whose batch ended has the batch's word. One whose batch no worker took, or that died, was not watched. One
 * whose batch still runs is no failure yet: it is after a whole interval more.
 *
 * @param past at least one row. @param names of fleet.yaml's clusters.
 */
export function endedSweep(
  past: { batch: Batch; state: BatchState }[],
  names: string[],
  now: number,
  intervalMs: number,
): Ended | undefined {
  const [newest] = past.map(({ batch }) => batch.sweep).sort((a, b) => b.startedAt - a.startedAt);
  if (!newest) return undefined;
  const results = past.flatMap(({ batch }) => batch.result ?? []);
  const untaken: string[] = [];
  const failed = past.flatMap(({ batch, state }) => {
    if (batch.result) return batch.result.failed;
    const why = whyNot(batch, state, now, intervalMs);
    if (why === undefined) return [];
    const its = names.filter(inShare(batch.share));
    if (state === 'untaken') untaken.push(...its);
    return its.map((cluster) => ({ cluster, why }));
  });
  return {
    sweep: newest,
    finishedAt: results.length > 0 ? Math.max(...results.map(({ finishedAt }) => finishedAt)) : now,
    failed,
    untaken,
    owed: results.flatMap(({ owed }) => owed),
    unreadable: results.flatMap(({ unreadable }) => unreadable),
  };
}

function whyNot(
  { sweep, failure, seenAt = sweep.startedAt }: Batch,
  state: BatchState,
  now: number,
  intervalMs: number,
): string | undefined {
  // No numbers: a reason that changes with each sweep would be news each time.
  if (failure !== undefined) return `its batch could not run: ${failure}`;
  if (state === 'untaken') return 'no worker took its batch in time: more workers are needed';
  if (state === 'died') return 'its batch began and never ended: its worker died or hung';
  // The timer is up to a second early at times: of two intervals, one and a half tell the same.
  if (now - sweep.startedAt > 1.5 * intervalMs) return 'its batch is still running';
  return now - seenAt > 2 * intervalMs
    ? 'it was not watched for two intervals, and its batch is still running'
    : undefined;
}
