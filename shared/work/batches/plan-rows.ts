/** The rows of batches as one tick finds them, and writes its plan over them. */
import type { Batch, Batches, FleetRows } from '../../state/ports.ts';

export class PlanRows {
  /** What to plan from: where this tick wrote over a row already, what was there before. */
  found: FleetRows;
  readonly #batches: Batches;
  /** What is there. */
  #there: FleetRows;
  /** Sweeps that this tick planned. */
  readonly #ours = new Set<string>();

  private constructor(batches: Batches, found: FleetRows) {
    this.#batches = batches;
    this.found = found;
    this.#there = found;
  }

  /** @throws StateError */
  static async read(batches: Batches): Promise<PlanRows> {
    return new PlanRows(batches, await batches.look());
  }

  /**
   * Writes a plan over the rows that are there. Unguarded over whatever is there: a worker that took one just now then ends
   * in vain.
   *
   * @param running numbers of the rows that it leaves alone.
   * @returns whether it was written. If not, `found` is news: plan again.
   * @throws StateError
   */
  async write(plan: Batch[], running: ReadonlySet<number>, guarded: boolean): Promise<boolean> {
    const { batches: rows, unreadable } = this.#there;
    const there = [
      ...rows.map(({ value }) => value.number),
      ...unreadable.flatMap(({ row }) => numberOf(row)),
    ];
    const taken = new Set([...running, ...plan.map(({ number }) => number)]);
    const gone = there.filter((number) => !taken.has(number));
    // What cannot be read has no ETag.
    const known = guarded && !unreadable.some(({ row }) => isBatch(row));
    const etags = new Map(rows.map(({ value, etag }) => [value.number, etag]));
    for (const { sweep } of plan) this.#ours.add(sweep.id);
    let lost: { error: unknown } | undefined;
    try {
      if ((await this.#batches.plan(plan, gone, known ? etags : undefined)) === 'planned') return true;
    } catch (error) {
      lost = { error };
    }
    this.#there = await this.#batches.look();
    if (this.#has(plan, gone)) return true;
    if (lost) throw lost.error;
    return this.#goBack();
  }

  /** The answer to a plan that was written may be lost, and the SDK asks again. */
  #has(plan: Batch[], gone: number[]): boolean {
    const sweeps = new Map(this.#there.batches.map(({ value }) => [value.number, value.sweep.id]));
    return (
      plan.every(({ number, sweep }) => sweeps.get(number) === sweep.id) &&
      !gone.some((number) => sweeps.has(number))
    );
  }

  /** One of more rows than a transaction has may be there in part. @returns false */
  #goBack(): false {
    const others = this.#there.batches.filter(({ value }) => !this.#ours.has(value.sweep.id));
    const changed = new Set(others.map(({ value }) => value.number));
    const before = this.found.batches.filter(({ value }) => !changed.has(value.number));
    this.found = { ...this.#there, batches: [...before, ...others] };
    return false;
  }
}

/** Of a row that cannot be read: its key still tells. */
function numberOf(row: string): number[] {
  const [, number] = /^batch-(\d{5})$/.exec(row) ?? [];
  return number === undefined ? [] : [Number(number)];
}

export function isBatch(row: string): boolean {
  return row.startsWith('batch-');
}
