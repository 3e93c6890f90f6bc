/** Rows `batch-NNNNN` of partition `fleet` in table `live`. A plan of 100 rows or fewer is one transaction. */
import type { TransactionAction } from '@azure/data-tables';
import { boundedBatch } from '../batch-result.ts';
import { batchKeys, batchKind, batchPrefix, fleetPartition, isBatchRow, removedBy } from '../batch-rows.ts';
import { StateError } from '../errors.ts';
import { decode, encode, type Keys } from '../kind.ts';
import { transactionBytes } from '../limits.ts';
import type { Batch, Batches, LivePartition, Stored, SweepRecord, UnreadableRow } from '../ports.ts';
import { readSweepRow, sweepKey } from '../sweep-row.ts';
import { type Call, fenced, isGone } from './calls.ts';
import type { Clients } from './clients.ts';
import { type Row as LiveRow, sortRow } from './live-rows.ts';
import { beginsWith, inPartition, openTable, submit } from './table.ts';

const { table } = batchKind;
const what = `table ${table}`;
/** Of one transaction. */
const mostActions = 100;

type Row = Keys & Record<string, unknown>;
/** What one transaction of a plan does. */
interface Part {
  written: Row[];
  removed: Keys[];
}

export function connectBatches(clients: Clients, call: Call): Batches {
  const rows = openTable(clients, call, batchKind);
  const send = (actions: TransactionAction[]) => submit(clients, call, table, actions);

  /** A row that is not there fails the whole transaction: then, and only then, rows are removed one by one. */
  async function carryOut({ written, removed }: Part): Promise<void> {
    const upserts = written.map((row): TransactionAction => ['upsert', row, 'Replace']);
    const deletes = removed.map((keys): TransactionAction => ['delete', keys]);
    if (await send([...upserts, ...deletes])) return;
    if (upserts.length > 0 && !(await send(upserts))) {
      throw new StateError('refused', `${what}: storage refused to write the batches of a sweep.`);
    }
    for (const keys of removed) await remove(keys);
  }

  async function remove({ partitionKey, rowKey }: Keys): Promise<void> {
    const client = await clients.table(table);
    await call(what, async (abortSignal) => {
      try {
        await client.deleteEntity(partitionKey, rowKey, { abortSignal });
      } catch (error) {
        if (!isGone(error)) throw error;
      }
    });
  }

  return {
    async list() {
      const listed = await rows.list(`${inPartition(fleetPartition)} and ${beginsWith(batchPrefix)}`);
      return { batches: listed.rows, unreadable: listed.unreadable };
    },

    async look() {
      const client = await clients.table(table);
      const batches: Stored<Batch>[] = [];
      const partitions = new Map<string, LivePartition>();
      const unreadable: UnreadableRow[] = [];
      let last: SweepRecord | undefined;
      await call(what, async (abortSignal) => {
        const queryOptions = { filter: inPartition(fleetPartition) };
        for await (const row of client.listEntities<LiveRow>({ abortSignal, queryOptions })) {
          const named = (why: string) => unreadable.push({ partition: fleetPartition, row: row.rowKey, why });
          if (isBatchRow(row)) {
            const batch = decode(batchKind, row);
            if (batch.ok) batches.push({ value: batch.value, etag: row.etag });
            else named(batch.why);
          } else if (row.rowKey === sweepKey) {
            const record = readSweepRow(row);
            if (record.ok) last = record.value;
            else named(record.why);
          } else sortRow(row, partitions, unreadable);
        }
      });
      return { batches, fleet: partitions.get(fleetPartition) ?? { outbox: [] }, last, unreadable };
    },

    async plan(batches, gone, read) {
      const removed = removedBy(batches, gone).map(batchKeys);
      const written = batches.map((batch) => encode(batchKind, boundedBatch(batch)));
      const etags = read && new Map([...read].map(([number, etag]) => [batchKeys(number).rowKey, etag]));
      for (const part of parts(written, removed)) {
        if (!etags) await carryOut(part);
        else if (!(await send(guarded(part, etags)))) return 'conflict';
      }
      return 'planned';
    },

    async update({ value, etag }) {
      const batch = boundedBatch(value);
      const row = encode(batchKind, batch);
      const client = await clients.table(table);
      return fenced<Stored<Batch>>(call, what, async (abortSignal) => {
        const updated = await client.updateEntity(row, 'Replace', { etag, abortSignal });
        return { value: batch, etag: updated.etag ?? '' };
      });
    },
  };
}

/** Nothing of it is done where a row that was read has changed, or one has come that was not there. */
function guarded({ written, removed }: Part, etags: ReadonlyMap<string, string>): TransactionAction[] {
  return [
    ...written.map((row): TransactionAction => {
      const etag = etags.get(row.rowKey);
      return etag === undefined ? ['create', row] : ['update', row, 'Replace', { etag }];
    }),
    ...removed.map((keys): TransactionAction => ['delete', keys]),
  ];
}

/** In order, each as large as a transaction may be. */
function parts(written: Row[], removed: Keys[]): Part[] {
  const found: Part[] = [];
  let last: Part = { written: [], removed: [] };
  let bytes = 0;
  const room = (size: number) => {
    const actions = last.written.length + last.removed.length;
    if (actions === 0 || actions === mostActions || bytes + size > transactionBytes) {
      last = { written: [], removed: [] };
      bytes = 0;
      found.push(last);
    }
    bytes += size;
    return last;
  };
  for (const row of written) room(packedBytes(row)).written.push(row);
  for (const keys of removed) room(0).removed.push(keys);
  return found;
}

function packedBytes(row: Row): number {
  return Object.values(row).reduce<number>(
    (sum, column) => sum + (column instanceof Uint8Array ? column.byteLength : 0),
    0,
  );
}
