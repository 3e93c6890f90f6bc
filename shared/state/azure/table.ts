/** One kind of row in its table: read, listed, and written in transactions. */
import type { TransactionAction } from '@azure/data-tables';
import { StateError } from '../errors.ts';
import { decode, type Keys, type Kind, unreadable } from '../kind.ts';
import { latestTime } from '../limits.ts';
import type { Stored, UnreadableRow } from '../ports.ts';
import { type Call, failure, isConflict, isGone } from './calls.ts';
import type { Clients } from './clients.ts';
import type { Row } from './live-rows.ts';

export interface Listed<T> {
  rows: Stored<T>[];
  unreadable: UnreadableRow[];
}

export interface KindTable<T> {
  /** @throws StateError `unreadable` */
  get(keys: Keys): Promise<Stored<T> | undefined>;
  /** @param filter OData */
  list(filter: string): Promise<Listed<T>>;
}

/** A table that was never made holds nothing. @param filter OData */
export async function listOrNone<T>(
  rows: KindTable<T>,
  filter: string,
): Promise<{ rows: T[]; unreadable: UnreadableRow[] }> {
  try {
    const listed = await rows.list(filter);
    return { rows: listed.rows.map(({ value }) => value), unreadable: listed.unreadable };
  } catch (error) {
    if (error instanceof StateError && error.code === 'missing') return { rows: [], unreadable: [] };
    throw error;
  }
}

export function openTable<T>(clients: Clients, call: Call, kind: Kind<T>): KindTable<T> {
  const what = `table ${kind.table}`;
  return {
    async get(keys) {
      const row = await getRow(clients, call, kind.table, keys);
      if (!row) return undefined;
      const read = decode(kind, row);
      if (!read.ok) throw unreadable(kind.table, keys, read.why);
      return { value: read.value, etag: row.etag };
    },

    async list(filter) {
      const client = await clients.table(kind.table);
      const listed: Listed<T> = { rows: [], unreadable: [] };
      await call(what, async (abortSignal) => {
        for await (const row of client.listEntities<Row>({ abortSignal, queryOptions: { filter } })) {
          const { partitionKey, rowKey, etag } = row;
          const read = decode(kind, row);
          if (read.ok) listed.rows.push({ value: read.value, etag });
          else listed.unreadable.push({ partition: partitionKey, row: rowKey, why: read.why });
        }
      });
      return listed;
    },
  };
}

export async function getRow(
  clients: Clients,
  call: Call,
  table: string,
  { partitionKey, rowKey }: Keys,
): Promise<Row | undefined> {
  const client = await clients.table(table);
  return call(`table ${table}`, async (abortSignal) => {
    try {
      return await client.getEntity<Row>(partitionKey, rowKey, { abortSignal });
    } catch (error) {
      if (isGone(error)) return undefined;
      throw error;
    }
  });
}

/**
 * All of it or nothing.
 *
 * @returns ETags in the order of the actions (none for a deletion), or undefined for a conflict: a row that exists
 * already, changed since it was read, or is gone.
 */
export async function submit(
  clients: Clients,
  call: Call,
  table: string,
  actions: TransactionAction[],
): Promise<(string | undefined)[] | undefined> {
  const client = await clients.table(table);
  return call(`table ${table}`, async (abortSignal) => {
    try {
      const { subResponses } = await client.submitTransaction(actions, { abortSignal });
      return subResponses.map(({ etag }) => etag);
    } catch (error) {
      if (isConflict(error) || failure(error).reason === 'ResourceNotFound') return undefined;
      throw error;
    }
  });
}

export function inPartition(cluster: string): string {
  return `PartitionKey eq ${quoted(cluster)}`;
}

export function quoted(text: string): string {
  return `'${text.replaceAll("'", "''")}'`;
}

/** Of OData. Columns hold whole ms: what lies between them is told apart by the value itself. */
export function moment(ms: number): string {
  return `datetime'${new Date(Math.floor(Math.min(Math.max(ms, 0), latestTime))).toISOString()}'`;
}

/** Of OData, for keys: `-` is the last character of every prefix, and `.` follows it. */
export function beginsWith(prefix: `${string}-`): string {
  return `RowKey ge ${quoted(prefix)} and RowKey lt ${quoted(`${prefix.slice(0, -1)}.`)}`;
}
