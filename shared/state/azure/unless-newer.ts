/** Rows that are replaced or deleted whatever is in them, and only not what a newer Sealwatch wrote. */
import { StateError } from '../errors.ts';
import { type Keys, unreadable } from '../kind.ts';
import { newerThanThis } from '../packing.ts';
import { type Call, isConflict, isGone } from './calls.ts';
import type { Clients } from './clients.ts';
import type { Row } from './live-rows.ts';
import { getRow, submit } from './table.ts';

/** Others that wrote the same row meanwhile: more than this is not a coincidence. */
const tries = 3;

/** Creates or replaces it. @throws StateError `unreadable` for one of a newer version, which stays as it is */
export async function putUnlessNewer(
  clients: Clients,
  call: Call,
  table: string,
  row: Keys & Record<string, unknown>,
): Promise<void> {
  for (let tried = 0; tried < tries; tried += 1) {
    const standing = await readUnlessNewer(clients, call, table, row);
    const written = await submit(clients, call, table, [
      standing ? ['update', row, 'Replace', { etag: standing.etag }] : ['create', row],
    ]);
    if (written) return;
  }
  throw changing(table, row);
}

/** @returns whether there was one. @throws StateError `unreadable` for one of a newer version, which stays as it is */
export async function removeUnlessNewer(
  clients: Clients,
  call: Call,
  table: string,
  keys: Keys,
): Promise<boolean> {
  const client = await clients.table(table);
  for (let tried = 0; tried < tries; tried += 1) {
    const standing = await readUnlessNewer(clients, call, table, keys);
    if (!standing) return false;
    const { partitionKey, rowKey, etag } = standing;
    const removed = await call(`table ${table}`, async (abortSignal) => {
      try {
        await client.deleteEntity(partitionKey, rowKey, { etag, abortSignal });
        return true;
      } catch (error) {
        if (isGone(error)) return false;
        if (isConflict(error)) return undefined;
        throw error;
      }
    });
    if (removed !== undefined) return removed;
  }
  throw changing(table, keys);
}

async function readUnlessNewer(
  clients: Clients,
  call: Call,
  table: string,
  { partitionKey, rowKey }: Keys,
): Promise<Row | undefined> {
  const keys = { partitionKey, rowKey };
  const row = await getRow(clients, call, table, keys);
  const why = row && newerThanThis(row);
  if (why !== undefined) throw unreadable(table, keys, why);
  return row;
}

function changing(table: string, { partitionKey, rowKey }: Keys): StateError {
  return new StateError(
    'unavailable',
    `table ${table}: row ${rowKey} of ${partitionKey} was changed by others all the time.`,
  );
}
