/** What the batches of one sweep share in a process: read once, not once a batch. */
import type { Hold, Quiet } from '../../alert/alert.ts';
import type { Batch, Stored } from '../../state/ports.ts';
import type { WatchDeps } from '../deps.ts';
import { type RowsOf, readRecoverRows } from '../recover-rows.ts';

export interface OfOneSweep {
  /** Those that nobody is known to have, by number; whoever takes one removes it. */
  free: Map<number, Stored<Batch>>;
  quiets: Quiet[];
  holds: Hold[];
  /** Never rejects. */
  recoverRows: Promise<RowsOf>;
  /** Looks which ones are still free; once, for all that wait for it. @throws StateError */
  lookAgain(): Promise<void>;
}

export class SweepReads {
  /** This process, among all that run batches. */
  readonly worker: string;
  #sweep = '';
  #reading: Promise<OfOneSweep | undefined> | undefined;

  constructor(worker: string) {
    this.worker = worker;
  }

  /** Undefined: there is no row of this sweep any more. @throws StateError; the next one reads again then. */
  of(deps: WatchDeps, sweep: string): Promise<OfOneSweep | undefined> {
    if (!this.#reading || this.#sweep !== sweep) {
      this.#sweep = sweep;
      const reading = read(deps, sweep);
      this.#reading = reading;
      reading.catch(() => {
        if (this.#reading === reading) this.#reading = undefined;
      });
    }
    return this.#reading;
  }
}

async function read(deps: WatchDeps, sweep: string): Promise<OfOneSweep | undefined> {
  const free = await freeOf(deps, sweep);
  if (!free) return undefined;
  const { words } = deps.state;
  const recoverRows = readRecoverRows(deps);
  const [quiets, holds] = await Promise.all([words.quiets(), words.holds()]);
  let again: Promise<void> | undefined;
  const look = async (): Promise<void> => {
    const still = await freeOf(deps, sweep);
    for (const number of free.keys()) if (!still?.has(number)) free.delete(number);
  };
  return { free, quiets, holds, recoverRows, lookAgain: () => (again ??= look()) };
}

/** Undefined: the plan is no more. */
async function freeOf(deps: WatchDeps, sweep: string): Promise<OfOneSweep['free'] | undefined> {
  const { batches, unreadable } = await deps.state.batches.list();
  for (const row of unreadable) deps.log.error('row-unreadable', { ...row });
  const its = batches.filter(({ value }) => value.sweep.id === sweep);
  if (its.length === 0) return undefined;
  const free = its.filter(({ value }) => !value.claim);
  return new Map(free.map((stored) => [stored.value.number, stored]));
}
