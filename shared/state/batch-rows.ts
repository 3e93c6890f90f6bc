/** Rows `batch-NNNNN` of partition `fleet` in table `live`, and the names of batches in messages. */
import { StateError } from './errors.ts';
import type { Keys, Kind } from './kind.ts';
import { highestBatch } from './limits.ts';
import type { Batch } from './ports.ts';
import { batchSchema } from './schema.ts';

export const fleetPartition = 'fleet';
export const batchPrefix = 'batch-';

export const batchKind: Kind<Batch> = {
  table: 'live',
  schema: batchSchema,
  keys: ({ number }) => batchKeys(number),
};

export function batchKeys(number: number): Keys {
  return { partitionKey: fleetPartition, rowKey: batchKey(number) };
}

/** Of its row and its blob. @throws StateError `illegal-key` */
export function batchKey(number: number): string {
  if (!Number.isInteger(number) || number < 0 || number > highestBatch) {
    throw new StateError('illegal-key', `batch ${number}: numbers of batches are 0 to ${highestBatch}.`);
  }
  return `${batchPrefix}${String(number).padStart(5, '0')}`;
}

/** Whatever its row says: it is a batch's, and no outbox entry. */
export function isBatchRow({ partitionKey, rowKey }: Keys): boolean {
  return partitionKey === fleetPartition && rowKey.startsWith(batchPrefix);
}

/**
 * What a message may say besides the name of a cluster: those have no dot.
 *
 * @throws StateError `illegal-key`
 */
export function checkBatchMessage(name: string): void {
  if (/^batch\.[0-9a-z-]{1,64}\.\d{1,5}$/.test(name)) return;
  throw new StateError(
    'illegal-key',
    `${JSON.stringify(name.slice(0, 80))} names no batch: batch.SWEEP.NUMBER does.`,
  );
}

/**
 * Those of `gone` that a plan removes: a number that it writes is not gone.
 *
 * @throws StateError `duplicate-entry`
 */
export function removedBy(batches: Batch[], gone: number[]): number[] {
  const written = new Set(batches.map(({ number }) => number));
  if (written.size !== batches.length) {
    throw new StateError('duplicate-entry', 'table live: two batches of one plan have the same number.');
  }
  return [...new Set(gone)].filter((number) => !written.has(number));
}
