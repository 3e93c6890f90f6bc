/** What is left of a result that fits in no row. That a row takes it is in test/contract/state-batch-results.ts. */
import { randomBytes } from 'node:crypto';
import { describe, expect, it } from 'vitest';
import { boundedBatch } from '../../shared/state/batch-result.ts';
import { batchKind } from '../../shared/state/batch-rows.ts';
import { encode } from '../../shared/state/kind.ts';
import type { BatchResult } from '../../shared/state/ports.ts';
import { aBatch, aBatchResult, anOwed } from '../fakes/state/examples.ts';

/** Characters that deflate badly: three bytes each, 16,384 of them. */
const noise = (length: number) =>
  randomBytes(length * 2)
    .toString('utf16le')
    .replace(/[^]/g, ideograph);
const ideograph = (unit: string) => String.fromCharCode(0x4e00 + (unit.charCodeAt(0) % 0x4000));
const letters = (length: number) => randomBytes(length).toString('hex').slice(0, length);
const list = <T>(length: number, one: (n: number) => T) => Array.from({ length }, (_, n) => one(n));

const clusters = list(2000, () => letters(63));

function bounded(over: Partial<BatchResult>) {
  const batch = boundedBatch(aBatch({ share: { only: clusters }, result: aBatchResult(over) }));
  // Throws where no row takes it.
  encode(batchKind, batch);
  return batch.result;
}

describe('a result of a batch', () => {
  it('that fits stays as it is', () => {
    const batch = aBatch({ result: aBatchResult({ failed: [{ cluster: 'a', why: 'x'.repeat(5000) }] }) });
    expect(boundedBatch(batch)).toBe(batch);
    const planned = aBatch();
    expect(boundedBatch(planned)).toBe(planned);
  });

  it('does not keep more of why it could not run than people read', () => {
    const { failure } = boundedBatch(aBatch({ failure: 'x'.repeat(5000) }));
    expect(failure).toBe(`${'x'.repeat(999)}…`);
    expect(boundedBatch(aBatch({ failure: 'no time' }))).toEqual(aBatch({ failure: 'no time' }));
  });

  it('that is large and deflates well stays as it is', () => {
    const failed = clusters.map((cluster) => ({ cluster, why: 'x'.repeat(3000) }));
    expect(bounded({ failed })?.failed).toEqual(failed);
  });

  it('of which nothing fits keeps every name, critical messages first, then the oldest', () => {
    const long = noise(400);
    const result = bounded({
      failed: clusters.map((cluster) => ({ cluster, why: noise(110) })),
      slow: clusters,
      owed: list(2500, (n) =>
        anOwed({
          cluster: letters(63),
          channel: letters(63),
          meantFor: letters(63),
          critical: n === 0,
          createdAt: n === 0 ? 9999 : 5000 - n,
          lastFailure: long.slice(n % 100),
        }),
      ),
      unreadable: list(1000, () => ({ partition: letters(63), row: noise(120), why: noise(40) })),
    });
    expect(result?.failed.map(({ cluster }) => cluster)).toEqual(clusters);
    expect(new Set(result?.failed.map(({ why }) => why.length))).toEqual(new Set([32]));
    expect(result?.slow).toEqual(clusters);
    const [critical, ...others] = result?.owed ?? [];
    expect(critical).toMatchObject({ critical: true, createdAt: 9999 });
    expect(others.map(({ createdAt }) => createdAt)).toEqual(list(249, (n) => 2501 + n));
    expect(others.every(({ lastFailure }) => lastFailure?.length === 32)).toBe(true);
    expect(result?.unreadable).toHaveLength(250);
    expect(result?.unreadable.every(({ row, why }) => row.length === 100 && why.length === 32)).toBe(true);
  });
});
