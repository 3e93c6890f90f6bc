/**
 * Rows of table `live`: PartitionKey cluster, RowKey `head`, `outbox-<id>` or, in partition `fleet`, `sweep` and
 * `batch-<number>`: the last two are read by ./sweeps.ts and ./batches.ts, who name what they cannot read.
 */
import { fleetPartition, isBatchRow } from '../batch-rows.ts';
import { checkVersion, unpack } from '../packing.ts';
import type { LivePartition, UnreadableRow } from '../ports.ts';
import { headSchema, outboxSchema } from '../schema.ts';
import { sweepKey } from '../sweep-row.ts';

export const headKey = 'head';

export function outboxKey(id: string): string {
  return `outbox-${id}`;
}

/** As the SDK gives it. */
export type Row = Record<string, unknown> & { partitionKey: string; rowKey: string; etag: string };

/**
 * A head that was deleted leaves its row, empty: data-tables cannot delete with If-Match inside a transaction,
 * and without the fence a deletion could undo a newer commit.
 */
export function isDeletedHead(row: Record<string, unknown>): boolean {
  return checkVersion(row) === undefined && row.deleted === true;
}

/** Sorts one row into its partition, or into `unreadable`. */
export function sortRow(row: Row, partitions: Map<string, LivePartition>, unreadable: UnreadableRow[]): void {
  const { partitionKey, rowKey, etag } = row;
  if (partitionKey === fleetPartition && rowKey === sweepKey) return;
  if (isBatchRow(row)) return;
  if (rowKey === headKey && isDeletedHead(row)) return;
  const damaged = (why: string) => unreadable.push({ partition: partitionKey, row: rowKey, why });
  const partition = partitions.get(partitionKey) ?? { outbox: [] };
  if (rowKey === headKey) {
    const head = unpack(row, headSchema);
    if (!head.ok) return void damaged(head.why);
    if (head.value.cluster !== partitionKey)
      return void damaged(`damaged: it names cluster ${head.value.cluster}`);
    partition.head = { value: head.value, etag };
  } else {
    const entry = unpack(row, outboxSchema);
    if (!entry.ok) return void damaged(entry.why);
    if (rowKey !== outboxKey(entry.value.id))
      return void damaged(`damaged: it names entry ${entry.value.id}`);
    partition.outbox.push({ value: entry.value, etag });
  }
  partitions.set(partitionKey, partition);
}
