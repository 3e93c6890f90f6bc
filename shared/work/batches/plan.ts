/** The next plan, from the rows of the last one. Pure. */
import type { Fleet } from '../../fleet/fleet.ts';
import type { Batch, FleetRows, SweepRecord } from '../../state/ports.ts';
import { inShare } from '../../state/share.ts';
import { startOrder } from '../start-order.ts';
import { planShares } from './shares.ts';
import { type BatchState, begunAt, isAhead, leaseMs, stateOf } from './state-of.ts';

interface PastRow {
  batch: Batch;
  state: BatchState;
}

export interface Past {
  /** Of the last plan, and of those before it that still run. */
  rows: PastRow[];
  /** Rows from a time to come: as good as damaged. */
  ahead: Batch[];
  /** Numbers of the rows that a plan must leave alone. */
  running: Set<number>;
}

export function pastOf({ batches, last }: FleetRows, fleet: Fleet, now: number): Past {
  const values = batches.map(({ value }) => value);
  const rows = values
    .filter((batch) => !isAhead(batch, now))
    .map((batch): PastRow => ({ batch, state: stateOf(batch, now, leaseMs(fleet)) }))
    .filter(({ batch, state }) => state === 'running' || !isOlder(batch, last, now));
  return {
    rows,
    ahead: values.filter((batch) => isAhead(batch, now)),
    running: new Set(rows.filter(({ state }) => state === 'running').map(({ batch }) => batch.number)),
  };
}

/**
 * A sweep of the whole fleet came after it: the fleet was small for a while. One of a time to come says nothing: until then
 * every plan would be older.
 */
function isOlder({ sweep }: Batch, last: SweepRecord | undefined, now: number): boolean {
  if (last === undefined || last.plannedAt !== undefined || last.startedAt > now) return false;
  return last.startedAt > sweep.startedAt;
}

/**
 * In the order in which they go to the queue; those that may take their worker with them last. Numbers are by name, so that
 * they mostly stay: each has a blob of observations. Batches that still run keep theirs.
 */
export function planned(past: PastRow[], sweep: Batch['sweep'], names: string[], fleet: Fleet): Batch[] {
  const taken = new Set(past.filter(({ state }) => state === 'running').map(({ batch }) => batch.number));
  const shares = planShares(names, past, fleet.probe.batches);
  const seenAt = lastSeen(past, names, sweep);
  let number = -1;
  const batches = shares.map(({ share, home, suspect }) => {
    do number += 1;
    while (taken.has(number));
    const oldest = Math.min(sweep.startedAt, ...names.filter(inShare(share)).map(seenAt));
    const batch: Batch = { number, share, sweep, seenAt: oldest, ...(home !== undefined && { home }) };
    return { batch, suspect };
  });
  // Where workers are too few, it must not always be the same clusters that wait for the longest.
  const order = startOrder(batches, sweep.turn).sort((a, b) => Number(a.suspect) - Number(b.suspect));
  return order.map(({ batch }) => batch);
}

/** When a cluster was watched last, ms; one that is new, or that a sweep of the whole fleet had, was just now. */
function lastSeen(past: PastRow[], names: string[], { startedAt }: Batch['sweep']): (name: string) => number {
  const times = new Map<string, number>();
  for (const { batch } of past) {
    const { result, sweep, seenAt = sweep.startedAt } = batch;
    const failed = new Set(result?.failed.map(({ cluster }) => cluster));
    const known = result?.watched && new Set(result.watched);
    for (const name of names.filter(inShare(batch.share))) {
      const wasWatched = result && !failed.has(name) && (!known || known.has(name));
      times.set(name, (wasWatched && begunAt(batch, startedAt)) || seenAt);
    }
  }
  return (name) => times.get(name) ?? startedAt;
}
