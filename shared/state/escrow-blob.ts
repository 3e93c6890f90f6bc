/** What may be a blob of container `escrow`. */
import { createHash } from 'node:crypto';
import { folderOf } from './cluster-folder.ts';
import { StateError } from './errors.ts';

/** Seven envelopes have some 10 KiB. */
export const escrowBlobBytes = 1024 * 1024;

/** @throws StateError `illegal-key` unless it is the name of a generation's blob */
export function checkBlobName(name: string): void {
  const [, cluster] = /^([^/]+)\/\d{4,}\.\d{4,}\.json$/.exec(name) ?? [];
  if (cluster === undefined) {
    throw new StateError(
      'illegal-key',
      `${JSON.stringify(name.slice(0, 80))} is not the name of a generation's blob: CLUSTER/0001.0001.json.`,
    );
  }
  folderOf(cluster);
}

/** @throws StateError `state-too-large` */
export function checkBlobSize(name: string, bytes: number): void {
  if (bytes <= escrowBlobBytes) return;
  throw new StateError(
    'state-too-large',
    `container escrow: blob ${name} has ${Math.ceil(bytes / 1024)} KiB, at most ${escrowBlobBytes / 1024} KiB are read or written.`,
  );
}

export function digestOf(bytes: Buffer): string {
  return createHash('sha256').update(bytes).digest('hex');
}
