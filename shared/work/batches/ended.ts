/** What the batches of the last plan come to. Pure. */
import type { Batch, BatchResult, Owed, UnreadableRow } from '../../state/ports.ts';
import { inShare } from '../../state/share.ts';
import type { SweepResult } from '../record.ts';
import { type BatchState, begunAt } from './state-of.ts';

export interface Ended {
  /** The newest sweep that is in the rows; undefined where none can be read. */
  sweep?: Batch['sweep'];
  /** When the last of its batches ended, ms, as far as the timer's own clock allows; now, where none did. */
  finishedAt: number;
  failed: SweepResult['failed'];
  /** Clusters whose batches no worker took. */
  untaken: string[];
  /** Clusters whose batches still run: of them nothing new is known. */
  running: string[];
  /** Some run, and none ended: whether anybody watches is not known. */
  isOpen: boolean;
  owed: Owed[];
  unreadable: UnreadableRow[];
}

/** The timer is up to a second late at times, ms. */
const lateMs = 1000;

/**
 * A cluster whose batch ended has the batch's word. One whose batch no worker took, or that died, was not watched. One
 * whose batch still runs is no failure yet: it is after a whole interval more. Nobody goes unwatched for two without a word;
 * where no plan was made for so long, a pause is told of the fleet.
 *
 * @param names of fleet.yaml's clusters. @param more `damaged`: rows of the plan that cannot be read; whoever is in none of the
 * others may be in those. `plannedAt`: of the last plan, which has no rows where all batches of the one before still ran, ms.
 */
export function endedSweep(
  past: { batch: Batch; state: BatchState }[],
  names: string[],
  now: number,
  intervalMs: number,
  { damaged = 0, plannedAt = 0 } = {},
): Ended {
  const [newest] = past.map(({ batch }) => batch.sweep).sort((a, b) => b.startedAt - a.startedAt);
  const results = past.flatMap(({ batch }) => batch.result ?? []);
  const [untaken, running]: string[][] = [[], []];
  const covered = new Set<string>();
  const failed = past.flatMap(({ batch, state }) => {
    const its = names.filter(inShare(batch.share));
    for (const name of its) covered.add(name);
    if (batch.result) {
      const said = [...batch.result.failed, ...unknownTo(batch.result, its)];
      const wasLeftOut = batch.sweep.startedAt < Math.max(plannedAt, newest?.startedAt ?? 0);
      const isLongAgo = now - (begunAt(batch, now) ?? now) > 2 * intervalMs + lateMs;
      return wasLeftOut && isLongAgo ? [...said, ...othersOf(its, said)] : said;
    }
    if (state === 'untaken') untaken?.push(...its);
    if (state === 'running') running?.push(...its);
    const why = whyNot(batch, state, now, intervalMs);
    return why === undefined ? [] : its.map((cluster) => ({ cluster, why }));
  });
  const why = 'the row of its batch cannot be read';
  const lost = damaged > 0 ? names.filter((name) => !covered.has(name)) : [];
  return {
    ...(newest && { sweep: newest }),
    finishedAt: finishedAt(newest, results, now),
    failed: [...failed, ...lost.map((cluster) => ({ cluster, why }))],
    untaken: untaken ?? [],
    running: running ?? [],
    isOpen: results.length === 0 && (running ?? []).length > 0,
    owed: results.flatMap(({ owed }) => owed),
    unreadable: results.flatMap(({ unreadable }) => unreadable),
  };
}

/** Workers' clocks may be wrong: what one of them says must neither hide a pause nor make one. */
function finishedAt(sweep: Batch['sweep'] | undefined, results: BatchResult[], now: number): number {
  if (!sweep || results.length === 0) return now;
  const latest = Math.max(...results.map((result) => result.finishedAt));
  return Math.max(sweep.startedAt, Math.min(latest, now));
}

/** Of a batch that the last plan left out, as it still ran, and that no plan had since. */
function othersOf(its: string[], said: SweepResult['failed']): SweepResult['failed'] {
  const told = new Set(said.map(({ cluster }) => cluster));
  const why = 'it was not watched for two intervals';
  return its.filter((name) => !told.has(name)).map((cluster) => ({ cluster, why }));
}

/** Clusters that the batch's worker did not know. */
function unknownTo({ watched }: BatchResult, its: string[]): SweepResult['failed'] {
  if (!watched) return [];
  const known = new Set(watched);
  const why = 'the worker of its batch has another fleet.yaml than the timer: does it read the newest one?';
  return its.filter((name) => !known.has(name)).map((cluster) => ({ cluster, why }));
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
  // Of two intervals, one and a half tell the same, however late or early the timer is.
  if (now - sweep.startedAt > 1.5 * intervalMs) return 'its batch is still running';
  return now - seenAt > 2 * intervalMs + lateMs
    ? 'it was not watched for two intervals, and its batch is still running'
    : undefined;
}
