/** A batch's result as it fits in its row: one that is too large is told in fewer words, and never lost. */
import { deflateRawSync } from 'node:zlib';
import { clipped, rowBytes } from './limits.ts';
import type { Batch, BatchResult, Owed } from './ports.ts';

/** Text of a reason, in UTF-16 units, and entries of lists that no setting bounds; tried in this order. */
const bounds = [
  { text: 300, entries: 5000 },
  { text: 100, entries: 1000 },
  // Fits beside 2,000 clusters that failed and were slow, whatever the texts say.
  { text: 32, entries: 250 },
];
/** Of the reason of a batch that could not run, in UTF-16 units. */
const failureText = 1000;
/** Of keys in damaged rows, which nobody named. */
const keyText = 100;

/**
 * The batch itself where it fits. All names of failed and slow clusters stay; reasons are cut first, then lists of
 * owed messages (critical ones stay, then the oldest) and of unreadable rows.
 */
export function boundedBatch(batch: Batch): Batch {
  const { result, failure } = batch;
  if (failure !== undefined && failure.length > failureText)
    return boundedBatch({ ...batch, failure: clipped(failure, failureText) });
  if (!result || fits(batch)) return batch;
  let smaller = batch;
  for (const bound of bounds) {
    smaller = { ...batch, result: shortened(result, bound) };
    if (fits(smaller)) break;
  }
  return smaller;
}

function fits(batch: Batch): boolean {
  const json = JSON.stringify(batch);
  // A UTF-16 unit takes three bytes at most: deflating what is small would only cost time.
  return json.length <= rowBytes / 4 || deflateRawSync(json).byteLength <= rowBytes;
}

function shortened(result: BatchResult, { text, entries }: { text: number; entries: number }): BatchResult {
  const { failed, owed, unreadable } = result;
  return {
    ...result,
    failed: failed.map(({ cluster, why }) => ({ cluster, why: clipped(why, text) })),
    owed: owed
      .toSorted(urgentFirst)
      .slice(0, entries)
      .map((one) =>
        one.lastFailure === undefined ? one : { ...one, lastFailure: clipped(one.lastFailure, text) },
      ),
    unreadable: unreadable.slice(0, entries).map(({ partition, row, why }) => ({
      partition: clipped(partition, keyText),
      row: clipped(row, keyText),
      why: clipped(why, text),
    })),
  };
}

function urgentFirst(a: Owed, b: Owed): number {
  return Number(b.critical) - Number(a.critical) || a.createdAt - b.createdAt;
}
