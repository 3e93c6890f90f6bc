/** What the batches of one sweep share in a process: read once, not once a batch. */
import type { Hold, Quiet } from '../../alert/alert.ts';
import type { Batch, Stored } from '../../state/ports.ts';
import type { WatchDeps } from '../deps.ts';
import { type RowsOf, readRecoverRows } from '../recover-rows.ts';

interface Lent {
  quiets: Quiet[];
  holds: Hold[];
  /** Never rejects. */
  recoverRows: Promise<RowsOf>;
}

export interface OfOneSweep extends Lent {
  /** Those that nobody is known to have, by number; whoever takes one removes it. */
  free: Map<number, Stored<Batch>>;
  /**
   * Whether this process may have a batch of that worker's, who has at least two more: once a sweep, since others may take
   * from the same one, and each move costs connections. So batches spread, and stay where no two workers differ by two.
   */
  takesOver(home: string): boolean;
  /** Looks which ones are still free; once, for all that wait until then. @param afterMs names the look. @throws StateError */
  lookAgain(afterMs: number): Promise<void>;
}

/** Messages of older sweeps come in between: what is read for a newer one must outlast them. */
const sweepsKept = 3;

export class SweepReads {
  /** This process, among all that run batches. */
  readonly worker: string;
  readonly #readings = new Map<string, Promise<OfOneSweep | undefined>>();
  #lent: { sweep: string; rows: Lent } | undefined;

  constructor(worker: string) {
    this.worker = worker;
  }

  /** What this process read to plan a sweep does for its batches, too. */
  lend(sweep: string, rows: Lent): void {
    this.#lent = { sweep, rows };
  }

  /** Undefined: there is no row of this sweep any more. @throws StateError; the next one reads again then. */
  of(deps: WatchDeps, sweep: string): Promise<OfOneSweep | undefined> {
    const known = this.#readings.get(sweep);
    if (known) return known;
    const lent = this.#lent?.sweep === sweep ? this.#lent.rows : undefined;
    const reading = read(deps, sweep, lent);
    this.#readings.set(sweep, reading);
    const [oldest] = this.#readings.keys();
    if (this.#readings.size > sweepsKept && oldest !== undefined) this.#readings.delete(oldest);
    reading.catch(() => this.#readings.delete(sweep));
    return reading;
  }
}

async function read(deps: WatchDeps, sweep: string, lent: Lent | undefined): Promise<OfOneSweep | undefined> {
  const found = await rowsOf(deps, sweep);
  if (!found) return undefined;
  const { free } = found;
  const rows = lent ?? (await readRows(deps));
  const looks = new Map<number, Promise<void>>();
  const look = async (): Promise<void> => {
    const still = await rowsOf(deps, sweep);
    for (const number of free.keys()) if (!still?.free.has(number)) free.delete(number);
  };
  const lookAgain = (afterMs: number): Promise<void> => {
    const known = looks.get(afterMs);
    if (known) return known;
    const looking = look();
    looks.set(afterMs, looking);
    looking.catch(() => looks.delete(afterMs));
    return looking;
  };
  const takesOver = takingOver(deps.reads.worker, found.all);
  return { free, ...rows, takesOver, lookAgain };
}

function takingOver(worker: string, batches: Batch[]): OfOneSweep['takesOver'] {
  const parts = new Map<string | undefined, number>();
  for (const { claim, home } of batches) {
    const having = claim?.by ?? home;
    parts.set(having, (parts.get(having) ?? 0) + 1);
  }
  const partOf = (one: string) => parts.get(one) ?? 0;
  let done = false;
  return (home) => {
    if (done || partOf(home) < partOf(worker) + 2) return false;
    done = true;
    return true;
  };
}

async function readRows(deps: WatchDeps): Promise<Lent> {
  const { words } = deps.state;
  const recoverRows = readRecoverRows(deps);
  const [quiets, holds] = await Promise.all([words.quiets(), words.holds()]);
  return { quiets, holds, recoverRows };
}

interface Rows {
  free: OfOneSweep['free'];
  /** With those of older plans that still run. */
  all: Batch[];
}

/** Undefined: the plan is no more. */
async function rowsOf(deps: WatchDeps, sweep: string): Promise<Rows | undefined> {
  const { batches, unreadable } = await deps.state.batches.list();
  for (const row of unreadable) deps.log.error('row-unreadable', { ...row });
  const its = batches.filter(({ value }) => value.sweep.id === sweep);
  if (its.length === 0) return undefined;
  const free = its.filter(({ value }) => !value.claim);
  return {
    free: new Map(free.map((stored) => [stored.value.number, stored])),
    all: batches.map(({ value }) => value),
  };
}
