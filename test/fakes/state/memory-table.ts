/** A table of one kind of row, with the semantics of the real one: ETags, conflicts, rows that cannot be read. */

import { encode, type Keys, type Kind, storable, unreadable } from '../../../shared/state/kind.ts';
import { rowBytes } from '../../../shared/state/limits.ts';
import type { Stored, UnreadableRow } from '../../../shared/state/ports.ts';

type Cell<T> = Stored<T> | { why: string };

let writes = 0;

export class MemoryTable<T> {
  readonly #kind: Kind<T>;
  readonly #rows = new Map<string, Map<string, Cell<T>>>();

  constructor(kind: Kind<T>) {
    this.#kind = kind;
  }

  /** A row that says why it cannot be read. */
  damage({ partitionKey, rowKey }: Keys, why: string): void {
    this.#partition(partitionKey).set(rowKey, { why });
  }

  has({ partitionKey, rowKey }: Keys): boolean {
    return this.#rows.get(partitionKey)?.has(rowKey) ?? false;
  }

  /** Whether the row is there and nobody changed it since. */
  isAt({ partitionKey, rowKey }: Keys, etag: string): boolean {
    const cell = this.#rows.get(partitionKey)?.get(rowKey);
    return cell !== undefined && 'etag' in cell && cell.etag === etag;
  }

  /** @throws StateError `unreadable` */
  get(keys: Keys): Stored<T> | undefined {
    const cell = this.#rows.get(keys.partitionKey)?.get(keys.rowKey);
    if (cell && 'why' in cell) throw unreadable(this.#kind.table, keys, cell.why);
    return cell;
  }

  /** As storage would, before anything is written. @throws StateError `illegal-key`, `refused`, `state-too-large` */
  check(value: T): void {
    checkSize(this.#kind, value);
  }

  /** Frozen and checked as a stored row is. @throws StateError */
  put(value: T): string {
    const kept = freeze(checkSize(this.#kind, value));
    const { partitionKey, rowKey } = this.#kind.keys(kept);
    writes += 1;
    const etag = `W/"${writes}"`;
    this.#partition(partitionKey).set(rowKey, { value: kept, etag });
    return etag;
  }

  /** Replaces whatever is there, but for what a newer version wrote. @throws StateError */
  putUnlessNewer(value: T): void {
    const keys = this.#kind.keys(storable(this.#kind, value));
    const cell = this.#rows.get(keys.partitionKey)?.get(keys.rowKey);
    if (cell && 'why' in cell) refuseNewer(this.#kind.table, keys, cell.why);
    this.put(value);
  }

  remove({ partitionKey, rowKey }: Keys): boolean {
    return this.#rows.get(partitionKey)?.delete(rowKey) ?? false;
  }

  /** Of one partition, or of all. */
  list(partitionKey?: string): { values: T[]; unreadable: UnreadableRow[] } {
    const values: T[] = [];
    const damaged: UnreadableRow[] = [];
    for (const [partition, rows] of this.#rows) {
      if (partitionKey !== undefined && partition !== partitionKey) continue;
      for (const [row, cell] of rows) {
        if ('why' in cell) damaged.push({ partition, row, why: cell.why });
        else values.push(cell.value);
      }
    }
    return { values, unreadable: damaged };
  }

  #partition(name: string): Map<string, Cell<T>> {
    const partition = this.#rows.get(name) ?? new Map<string, Cell<T>>();
    this.#rows.set(name, partition);
    return partition;
  }
}

/** @throws StateError `unreadable` where it is a newer version's row that is in the way. */
export function refuseNewer(table: string, keys: Keys, why: string): void {
  if (why.startsWith('written by a newer Sealwatch')) throw unreadable(table, keys, why);
}

/** Deflating what is small would only cost time: it fits. */
function checkSize<T>(kind: Kind<T>, value: T): T {
  const kept = storable(kind, value);
  if (JSON.stringify(kept).length > rowBytes / 4) encode(kind, value);
  return kept;
}

function freeze<V>(value: V): V {
  if (typeof value === 'object' && value !== null && !Object.isFrozen(value)) {
    Object.freeze(value);
    for (const inner of Object.values(value)) freeze(inner);
  }
  return value;
}
