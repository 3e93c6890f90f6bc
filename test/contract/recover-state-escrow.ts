/** Rows of generations that never go back, and blobs that are never overwritten; part of ./recover-state.ts. */
import { createHash } from 'node:crypto';
import { describe, expect, test } from 'vitest';
import type { GenerationRow } from '../../shared/escrow/generation.ts';
import { generationBlobName } from '../../shared/escrow/generation.ts';
import type { RecoverState } from '../../shared/state/recover-ports.ts';
import { aGenerationRow, noon } from '../fakes/state/recover-examples.ts';
import { newer, type RecoverStateUnderTest } from './recover-state-under-test.ts';

export function recoverStateOfEscrow(open: () => Promise<RecoverStateUnderTest>): void {
  const fresh = async () => (await open()).state;
  const accepted = async (state: RecoverState, row = aGenerationRow()): Promise<string> => {
    const result = await state.generations.save(row, undefined);
    if (!result.saved) throw new Error(`${row.cluster} was refused: ${result.why}`);
    return result.etag;
  };

  describe('the newest accepted generation', () => {
    test('is none, then the one that was saved, and one of all', async () => {
      const state = await fresh();
      expect(await state.generations.newest('payments')).toBeUndefined();
      expect(await state.generations.all()).toEqual({ rows: [], unreadable: [] });
      const etag = await accepted(state);
      await accepted(state, aGenerationRow({ cluster: 'orders' }));
      expect(await state.generations.newest('payments')).toEqual({ value: aGenerationRow(), etag });
      const { rows } = await state.generations.all();
      expect(rows.map(({ cluster }) => cluster).sort()).toEqual(['orders', 'payments']);
    });

    test.for<Partial<GenerationRow>>([
      { generation: 2, revision: 4, digest: '4'.repeat(64) },
      { generation: 3, revision: 1, digest: '5'.repeat(64) },
      { provenAt: noon },
      { bad: { at: noon, node: 'vault-0', recovery: 'payments.first' } },
      { upkeep: { at: noon, problems: [{ index: 1, custodian: 'a', code: 'denied', message: 'denied' }] } },
      { oldKeys: [{ custodian: 'a', keyId: 'https://a.vault.azure.net/keys/escrow/1' }] },
      { oldKeys: [{ custodian: 'a', keyId: 'https://a.vault.azure.net/keys/escrow/1', gone: 'disabled' }] },
    ])('is followed by %j', async (over) => {
      const state = await fresh();
      const next = aGenerationRow(over);
      const result = await state.generations.save(next, await accepted(state));
      expect(result.saved).toBe(true);
      expect(await state.generations.newest('payments')).toEqual({
        value: next,
        etag: result.saved && result.etag,
      });
    });

    test.for<Partial<GenerationRow>>([
      { generation: 1, revision: 9 },
      { generation: 2, revision: 2 },
      { digest: 'e'.repeat(64) },
    ])('is never followed by an older one, or by another blob of its name: %j', async (over) => {
      const state = await fresh();
      const etag = await accepted(state);
      expect(await state.generations.save(aGenerationRow(over), etag)).toEqual({
        saved: false,
        why: 'older',
      });
      expect((await state.generations.newest('payments'))?.value).toEqual(aGenerationRow());
    });

    test('goes back to the very one that was proven before, while it is not proven itself', async () => {
      const state = await fresh();
      const first = aGenerationRow({ generation: 1, revision: 3, provenAt: noon });
      const { generation, revision, digest } = first;
      const previous = { generation, revision, digest, provenAt: noon };
      const save = async (row: GenerationRow) =>
        state.generations.save(row, (await state.generations.newest('payments'))?.etag);
      const older = { saved: false, why: 'older' };
      await accepted(state);
      expect(await save(first)).toEqual(older);
      await save(aGenerationRow({ previous }));
      expect(await save({ ...first, revision: 2 })).toEqual(older);
      expect(await save({ ...first, digest: 'e'.repeat(64) })).toEqual(older);
      await save(aGenerationRow({ previous, provenAt: noon }));
      expect(await save(first)).toEqual(older);
      await save(aGenerationRow({ previous }));
      expect((await save(first)).saved).toBe(true);
      expect((await state.generations.newest('payments'))?.value).toEqual(first);
    });

    test('is not replaced by who knows of none, or of another', async () => {
      const state = await fresh();
      const stale = await accepted(state);
      const conflict = { saved: false, why: 'conflict' };
      const third = aGenerationRow({ generation: 3 });
      expect(await state.generations.save(third, undefined)).toEqual(conflict);
      expect((await state.generations.save(aGenerationRow({ provenAt: noon }), stale)).saved).toBe(true);
      expect(await state.generations.save(third, stale)).toEqual(conflict);
      expect(await state.generations.save(aGenerationRow({ cluster: 'orders' }), stale)).toEqual(conflict);
      expect((await state.generations.newest('payments'))?.value.provenAt).toBe(noon);
    });

    test('is of one of those that race', async () => {
      const state = await fresh();
      const first = await Promise.all(
        [4, 5, 6].map((generation) => state.generations.save(aGenerationRow({ generation }), undefined)),
      );
      expect(first.filter(({ saved }) => saved)).toHaveLength(1);
      const { etag = '' } = (await state.generations.newest('payments')) ?? {};
      const next = await Promise.all(
        [7, 8, 9].map((generation) => state.generations.save(aGenerationRow({ generation }), etag)),
      );
      expect(next.filter(({ saved }) => saved)).toHaveLength(1);
      const winner = 7 + next.findIndex(({ saved }) => saved);
      expect((await state.generations.newest('payments'))?.value.generation).toBe(winner);
    });

    test('is never "none" where its row cannot be read', async () => {
      const { state, makeNewer } = await open();
      const etag = await accepted(state);
      await accepted(state, aGenerationRow({ cluster: 'orders' }));
      await makeNewer('generations', 'payments', 'newest');
      const refusal = { code: 'unreadable', message: expect.stringMatching(newer) };
      await expect(state.generations.newest('payments')).rejects.toMatchObject(refusal);
      await expect(state.generations.save(aGenerationRow({ generation: 9 }), etag)).rejects.toMatchObject(
        refusal,
      );
      expect(await state.generations.save(aGenerationRow({ generation: 9 }), undefined)).toEqual({
        saved: false,
        why: 'conflict',
      });
      const { rows, unreadable } = await state.generations.all();
      expect(rows).toEqual([aGenerationRow({ cluster: 'orders' })]);
      const why = expect.stringMatching(newer);
      expect(unreadable).toEqual([{ partition: 'payments', row: 'newest', why }]);
    });
  });

  describe('a blob', () => {
    const name = generationBlobName({ cluster: 'payments', generation: 2, revision: 3 });
    const bytes = Buffer.from('{"schema":1}\u0000\uffff');
    const digest = createHash('sha256').update(bytes).digest('hex');

    test('is read byte for byte, with its digest, and not before it was created', async () => {
      const state = await fresh();
      expect(await state.escrow.read(name)).toBeUndefined();
      expect(await state.escrow.create(name, bytes)).toEqual({ created: true, digest });
      expect(await state.escrow.read(name)).toEqual({ bytes, digest });
    });

    test('is never overwritten', async () => {
      const state = await fresh();
      const results = await Promise.all(
        ['a', 'b', 'c'].map((text) => state.escrow.create(name, Buffer.from(text))),
      );
      const winner = ['a', 'b', 'c'][results.findIndex(({ created }) => created)];
      expect(results.filter(({ created }) => !created)).toEqual(
        Array.from({ length: 2 }, () => ({ created: false, why: 'exists' })),
      );
      expect(await state.escrow.create(name, bytes)).toEqual({ created: false, why: 'exists' });
      expect((await state.escrow.read(name))?.bytes.toString()).toBe(winner);
    });

    test('of one cluster is listed by name, beside none of another', async () => {
      const state = await fresh();
      const generations = [
        [10, 1],
        [2, 1],
        [2, 10],
        [2, 2],
      ] as const;
      const names = generations.map(([generation, revision]) =>
        generationBlobName({ cluster: 'payments', generation, revision }),
      );
      for (const each of names) await state.escrow.create(each, bytes);
      await state.escrow.create(generationBlobName({ cluster: 'pay', generation: 1, revision: 1 }), bytes);
      await state.escrow.create(
        generationBlobName({ cluster: 'payments-b', generation: 1, revision: 1 }),
        bytes,
      );
      expect(await state.escrow.list('payments')).toEqual(names.sort());
      expect(await state.escrow.list('orders')).toEqual([]);
    });

    test('of nothing is read as nothing', async () => {
      const state = await fresh();
      await state.escrow.create(name, Buffer.alloc(0));
      expect((await state.escrow.read(name))?.bytes).toHaveLength(0);
    });

    test('of 1 MiB comes back whole; a larger one is refused, and not created', async () => {
      const state = await fresh();
      const large = Buffer.alloc(1024 * 1024, 'x');
      await state.escrow.create(name, large);
      expect((await state.escrow.read(name))?.bytes.equals(large)).toBe(true);
      const next = generationBlobName({ cluster: 'payments', generation: 3, revision: 1 });
      await expect(state.escrow.create(next, Buffer.concat([large, bytes]))).rejects.toMatchObject({
        code: 'state-too-large',
        message: expect.stringContaining(next),
      });
      expect(await state.escrow.read(next)).toBeUndefined();
    });

    test.for([
      '',
      'payments',
      'payments/0001.json',
      '../0001.0001.json',
      'a/b/0001.0001.json',
      `${name}.bak`,
    ])('has the name of a generation: %j is refused', async (other) => {
      const state = await fresh();
      const refusal = { code: 'illegal-key' };
      await expect(state.escrow.create(other, bytes)).rejects.toMatchObject(refusal);
      await expect(state.escrow.read(other)).rejects.toMatchObject(refusal);
    });
  });
}
