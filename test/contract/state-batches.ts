/** What every State does for a fleet that is swept in batches, part of ./state.ts. */
import { describe, expect, test } from 'vitest';
import type { State } from '../../shared/state/ports.ts';
import { aBatch, aBatchResult, aHead, anEntry, anOwed } from '../fakes/state/examples.ts';
import type { StateUnderTest } from './state.ts';

export function stateOfBatches(open: () => Promise<StateUnderTest>): void {
  const fresh = async () => (await open()).state;
  const numbers = async ({ batches }: State) => {
    const listed = await batches.list();
    expect(listed.unreadable).toEqual([]);
    return listed.batches.map(({ value }) => value.number);
  };
  const first = async ({ batches }: State) => {
    const [stored] = (await batches.list()).batches;
    if (!stored) throw new Error('no batch is there');
    return stored;
  };

  describe('a plan', () => {
    test('is none, then the batches that were written, by number, whole', async () => {
      const { batches } = await fresh();
      expect(await batches.list()).toEqual({ batches: [], unreadable: [] });
      const full = aBatch({
        number: 10,
        share: { from: 'm', to: 'p', except: ['n', 'o'] },
        sweep: { id: 'a', startedAt: 9, before: 5, turn: 3, settledHash: 'f' },
        claim: { by: 'worker-1', at: 10, until: 20 },
        result: aBatchResult({
          failed: [{ cluster: 'm', why: 'no time' }],
          slow: ['mm'],
          owed: [anOwed({ lastFailure: 'timeout' })],
          unreadable: [{ partition: 'm', row: 'head', why: 'damaged' }],
        }),
      });
      const least = aBatch({ number: 9, share: { only: ['n', 'o'] } });
      await batches.plan([full, least], []);
      const listed = await batches.list();
      expect(listed.unreadable).toEqual([]);
      expect(listed.batches.map(({ value }) => value)).toEqual([least, full]);
    });

    test('is shown with all that the fleet has, and with nothing of its clusters', async () => {
      const opened = await open();
      const { state } = opened;
      const nothing = { batches: [], fleet: { outbox: [] }, last: undefined, unreadable: [] };
      expect(await state.batches.look()).toEqual(nothing);
      const [entry, record] = [anEntry(), { id: 'a', startedAt: 5, clusters: 2, nodes: 6, complete: false }];
      await state.live.commit('payments', aHead({ cluster: 'payments' }), undefined, [anEntry()]);
      const head = aHead({ cluster: 'fleet' });
      await state.live.commit('fleet', head, undefined, [entry]);
      await state.sweeps.save(record);
      await state.batches.plan([aBatch(), aBatch({ number: 2 })], []);
      await opened.putNewerBatch(2);
      const seen = await state.batches.look();
      expect(seen.batches).toEqual((await state.batches.list()).batches);
      expect(seen.fleet).toEqual(await state.live.read('fleet'));
      expect(seen.fleet).toMatchObject({ head: { value: head }, outbox: [{ value: entry }] });
      expect(seen.last).toEqual(record);
      expect(seen.unreadable).toEqual((await state.batches.list()).unreadable);
      expect(seen.unreadable).toHaveLength(1);
    });

    test('is shown by no scan and no read of the fleet', async () => {
      const state = await fresh();
      await state.batches.plan([aBatch()], []);
      const nothing = { partitions: new Map(), unreadable: [] };
      expect(await state.live.scan()).toEqual(nothing);
      expect(await state.live.scan({ from: '', except: [] })).toEqual(nothing);
      expect(await state.live.read('fleet')).toEqual({ outbox: [] });
    });

    test('writes over what has its numbers and removes the others that it names', async () => {
      const state = await fresh();
      await state.batches.plan(
        [0, 1, 2, 3].map((number) => aBatch({ number, claim: { by: 'worker-1', at: 1, until: 2 } })),
        [],
      );
      await state.batches.plan([aBatch({ number: 1 })], [0, 3]);
      expect(await numbers(state)).toEqual([1, 2]);
      expect((await first(state)).value).toEqual(aBatch({ number: 1 }));
    });

    test('removes what is there of rows that partly are gone, and writes the rest', async () => {
      const state = await fresh();
      await state.batches.plan([aBatch({ number: 5 }), aBatch({ number: 6 })], []);
      await state.batches.plan([aBatch({ number: 0 })], [4, 5, 7, 7]);
      expect(await numbers(state)).toEqual([0, 6]);
      await state.batches.plan([], [6, 8]);
      await state.batches.plan([], []);
      expect(await numbers(state)).toEqual([0]);
    });

    test('that names a number as gone and writes it, writes it', async () => {
      const state = await fresh();
      await state.batches.plan([aBatch({ number: 1 })], [1]);
      expect(await numbers(state)).toEqual([1]);
    });

    test('of two sweeps at one time leaves whole rows, each of one of them', async () => {
      const state = await fresh();
      const plan = (id: string, some: number[], gone: number[]) => {
        const sweep = { ...aBatch().sweep, id };
        return state.batches.plan(
          some.map((number) => aBatch({ number, sweep })),
          gone,
        );
      };
      await plan('old', [0, 1, 2, 3], []);
      await Promise.all([plan('a', [0, 1], [2, 3]), plan('b', [0, 1], [2, 3])]);
      const { batches } = await state.batches.list();
      expect(batches.map(({ value }) => value.number)).toEqual([0, 1]);
      const ids = batches.map(({ value }) => value.sweep.id);
      expect([
        ['a', 'a'],
        ['b', 'b'],
      ]).toContainEqual(ids);
    });

    test('of more rows than a transaction and a page hold is written and listed whole', async () => {
      const state = await fresh();
      const all = Array.from({ length: 1020 }, (_, number) => number);
      await state.batches.plan(
        all.map((number) => aBatch({ number })),
        [],
      );
      expect(await numbers(state)).toEqual(all);
      await state.batches.plan([aBatch({ number: 1019 })], all.slice(0, 1019));
      expect(await numbers(state)).toEqual([1019]);
    });

    test('with two batches of one number, or a number that no row can have, writes nothing', async () => {
      const state = await fresh();
      const refused = (some: number[], gone: number[] = []) =>
        state.batches.plan(
          some.map((number) => aBatch({ number })),
          gone,
        );
      await expect(refused([3, 3])).rejects.toMatchObject({ code: 'duplicate-entry' });
      for (const number of [-1, 100_000, 1.5, Number.NaN]) {
        await expect(refused([1, number])).rejects.toMatchObject({ code: 'illegal-key' });
        await expect(refused([1], [number])).rejects.toMatchObject({ code: 'illegal-key' });
      }
      const nobody = aBatch({ number: 2, share: { only: [] } });
      await expect(state.batches.plan([aBatch(), nobody], [])).rejects.toMatchObject({ code: 'refused' });
      expect(await numbers(state)).toEqual([]);
    });

    test('names rows of a newer version, gives the others, and writes over them', async () => {
      const opened = await open();
      const { state } = opened;
      await state.batches.plan([aBatch({ number: 1 }), aBatch({ number: 2 })], []);
      await opened.putNewerBatch(2);
      const why = expect.stringMatching(/^written by a newer Sealwatch \(v2\)/);
      const listed = await state.batches.list();
      expect(listed.batches.map(({ value }) => value.number)).toEqual([1]);
      expect(listed.unreadable).toEqual([{ partition: 'fleet', row: 'batch-00002', why }]);
      expect((await state.live.scan()).unreadable).toEqual([]);
      await state.batches.plan([aBatch({ number: 2 })], [1]);
      expect(await numbers(state)).toEqual([2]);
    });
  });

  describe('a batch', () => {
    const claimed = { ...aBatch(), claim: { by: 'worker-1', at: 5, until: 9 } };

    test('is claimed and ended, each time with the ETag that came before', async () => {
      const state = await fresh();
      await state.batches.plan([aBatch()], []);
      const claim = await state.batches.update({ ...(await first(state)), value: claimed });
      if (typeof claim === 'string') throw new Error(claim);
      expect(claim.value).toEqual(claimed);
      expect(await first(state)).toEqual(claim);
      const ended = { ...claimed, result: aBatchResult() };
      const end = await state.batches.update({ value: ended, etag: claim.etag });
      expect(end).toEqual(await first(state));
      expect((await first(state)).value).toEqual(ended);
    });

    test('is claimed by one of two', async () => {
      const state = await fresh();
      await state.batches.plan([aBatch()], []);
      const { etag } = await first(state);
      const claims = await Promise.all(
        [7, 8].map((until) =>
          state.batches.update({ value: { ...claimed, claim: { by: 'worker-1', at: 5, until } }, etag }),
        ),
      );
      expect(claims.filter((claim) => claim === 'conflict')).toHaveLength(1);
      const winner = claims.find((claim) => typeof claim !== 'string');
      expect(await first(state)).toEqual(winner);
    });

    test('that a later plan wrote again is a conflict, and one that it removed is gone', async () => {
      const state = await fresh();
      await state.batches.plan([aBatch(), aBatch({ number: 1 })], []);
      const { etag } = await first(state);
      await state.batches.plan([aBatch()], [1]);
      expect(await state.batches.update({ value: claimed, etag })).toBe('conflict');
      expect(await state.batches.update({ value: { ...claimed, number: 1 }, etag })).toBe('gone');
      expect((await state.batches.list()).batches.map(({ value }) => value)).toEqual([aBatch()]);
    });

    test('that a newer version wrote meanwhile is a conflict', async () => {
      const opened = await open();
      const { state } = opened;
      await state.batches.plan([aBatch()], []);
      const { etag } = await first(state);
      await opened.putNewerBatch(0);
      expect(await state.batches.update({ value: claimed, etag })).toBe('conflict');
    });
  });

  test.for([
    'payments',
    'batch.',
    'batch.a',
    'batch.a.',
    'batch.a.123456',
    'batch.A.1',
    'batch.a b.1',
    'batch.a.1\n',
    'x.a.1',
  ])('a message to a batch does not say %j', async (name) => {
    const state = await fresh();
    await expect(state.nudges.batch(name, 1000)).rejects.toMatchObject({ code: 'illegal-key' });
  });
}
