/** Batches in memory, part of ./memory.ts. */
import { boundedBatch } from '../../../shared/state/batch-result.ts';
import { batchKeys, batchKind, fleetPartition, removedBy } from '../../../shared/state/batch-rows.ts';
import type { Batch, Batches, Live, SweepRecord } from '../../../shared/state/ports.ts';
import { MemoryTable } from './memory-table.ts';

/** @param fleet what else partition `fleet` has. @returns also `damage`, which makes a batch's row unreadable; it need not be there. */
export function memoryBatches(
  fleet: () => Promise<Awaited<ReturnType<Live['scan']>> & { last: SweepRecord | undefined }>,
): Batches & { damage(number: number, why: string): void } {
  const rows = new MemoryTable(batchKind);
  const list = () => {
    const { values, unreadable } = rows.list();
    const batches = values.flatMap(({ number }) => rows.get(batchKeys(number)) ?? []);
    return { batches: batches.sort((a, b) => a.value.number - b.value.number), unreadable };
  };
  return {
    damage: (number, why) => rows.damage(batchKeys(number), why),

    list: async () => list(),

    async look() {
      const [{ batches, unreadable }, { partitions, last, unreadable: others }] = [list(), await fleet()];
      const partition = partitions.get(fleetPartition) ?? { outbox: [] };
      return { batches, fleet: partition, last, unreadable: [...others, ...unreadable] };
    },

    async plan(batches, gone, read) {
      const removed = removedBy(batches, gone).map(batchKeys);
      const written = batches.map(boundedBatch);
      for (const batch of written) rows.check(batch);
      const isAsRead = ({ number }: Batch) => {
        const [keys, etag] = [batchKeys(number), read?.get(number)];
        return etag === undefined ? !rows.has(keys) : rows.has(keys) && rows.isAt(keys, etag);
      };
      if (read && !(written.every(isAsRead) && removed.every((keys) => rows.has(keys)))) return 'conflict';
      for (const batch of written) rows.put(batch);
      for (const keys of removed) rows.remove(keys);
      return 'planned';
    },

    async update({ value, etag }) {
      const keys = batchKeys(value.number);
      const batch = boundedBatch(value);
      rows.check(batch);
      if (!rows.has(keys)) return 'gone';
      if (!rows.isAt(keys, etag)) return 'conflict';
      rows.put(batch);
      return rows.get(keys) ?? 'gone';
    },
  };
}
