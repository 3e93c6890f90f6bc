/** What every State keeps of what a batch found, part of ./state.ts: never nothing, however much it is. */
import { randomBytes } from 'node:crypto';
import { describe, expect, test } from 'vitest';
import type { BatchResult, State } from '../../shared/state/ports.ts';
import { aBatch, aBatchResult, anOwed } from '../fakes/state/examples.ts';

export function stateOfBatchResults(fresh: () => Promise<State>): void {
  describe('the result of a batch', () => {
    const noise = (bytes: number) => randomBytes(bytes).toString('base64');
    const ended = async (result: BatchResult) => {
      const state = await fresh();
      const only = result.failed.map(({ cluster }) => cluster);
      const batch = aBatch({ share: { only } });
      await state.batches.plan([batch], []);
      const [planned] = (await state.batches.list()).batches;
      const end = await state.batches.update({ etag: planned?.etag ?? '', value: { ...batch, result } });
      const [stored] = (await state.batches.list()).batches;
      expect(end).toEqual(stored);
      return stored?.value.result;
    };
    const clusters = Array.from({ length: 2000 }, (_, n) => `c${n}-${randomBytes(28).toString('hex')}`);

    test('of a batch that could finish none of 2,000 clusters says so whole', async () => {
      const failed = clusters.map((cluster) => ({ cluster, why: `${cluster}: ${noise(60)}` }));
      const result = aBatchResult({ failed, slow: clusters });
      expect(await ended(result)).toEqual(result);
    });

    test('with reasons that do not fit keeps every name, and cuts the reasons', async () => {
      const failed = clusters.map((cluster) => ({ cluster, why: noise(1500) }));
      const kept = await ended(aBatchResult({ failed, slow: clusters, owed: [anOwed()] }));
      expect(kept?.failed.map(({ cluster }) => cluster)).toEqual(clusters);
      const cut = kept?.failed.filter(({ why }, n) => failed[n]?.why.startsWith(why.replace(/…$/, '')));
      expect(cut).toHaveLength(2000);
      expect(kept?.failed.every(({ why }) => why.length >= 100)).toBe(true);
      expect(kept?.slow).toEqual(clusters);
      expect(kept?.owed).toEqual([anOwed()]);
    });
  });
}
