/** What every State shows of a part of a large fleet, part of ./state.ts. */
import { describe, expect, test } from 'vitest';
import type { Share } from '../../shared/state/ports.ts';
import { aBatch, aHead, anEntry, anObservation } from '../fakes/state/examples.ts';
import type { StateUnderTest } from './state.ts';

export function stateOfShares(open: () => Promise<StateUnderTest>): void {
  const fresh = async () => (await open()).state;

  describe('a scan of a share', () => {
    const names = ['a', 'a-b', 'a-b-c', 'a0', 'ab', 'b', 'fleet', 'g'];
    const stateOf = async (clusters: string[]) => {
      const opened = await open();
      for (const cluster of clusters) {
        await opened.state.live.commit(cluster, aHead({ cluster }), undefined, [anEntry()]);
      }
      return opened;
    };

    test.for<[string, Share, string[]]>([
      ['everything', { from: '', except: [] }, ['a', 'a-b', 'a-b-c', 'a0', 'ab', 'b', 'g']],
      ['from a name on', { from: 'a0', except: [] }, ['a0', 'ab', 'b', 'g']],
      ['before a name', { from: '', to: 'a0', except: [] }, ['a', 'a-b', 'a-b-c']],
      ['between two names', { from: 'a-b', to: 'ab', except: [] }, ['a-b', 'a-b-c', 'a0']],
      ['from a name that is not there', { from: 'a-c', to: 'aa', except: [] }, ['a0']],
      ['all but some', { from: 'a', to: 'g', except: ['a-b', 'b', 'x'] }, ['a', 'a-b-c', 'a0', 'ab']],
      ['all but all', { from: 'a0', to: 'b', except: ['ab', 'a0'] }, []],
      ['an empty range', { from: 'b', to: 'b', except: [] }, []],
      ['a range with nobody in it', { from: 'c', to: 'f', except: [] }, []],
      ['only some', { only: ['a', 'ab', 'g'] }, ['a', 'ab', 'g']],
      ['only some, in another order', { only: ['g', 'a-b'] }, ['a-b', 'g']],
      ['only one', { only: ['a0'] }, ['a0']],
      ['only one that is not there', { only: ['aa'] }, []],
      ['the fleet, by its name alone', { only: ['fleet'] }, ['fleet']],
    ])('finds %s', async ([, share, wanted]) => {
      const { state } = await stateOf(names);
      await state.batches.plan([aBatch()], []);
      const { partitions, unreadable } = await state.live.scan(share);
      expect([...partitions.keys()].sort()).toEqual(wanted);
      expect(unreadable).toEqual([]);
      for (const [cluster, { head, outbox }] of partitions) {
        expect([head?.value.cluster, outbox.length]).toEqual([cluster, 1]);
      }
    });

    test('names what it cannot read of its own clusters, and of no others', async () => {
      const opened = await stateOf(['a']);
      const { state } = opened;
      for (const cluster of ['b', 'c', 'd']) await opened.putNewerHead(cluster);
      const unread = async (share: Share) => {
        const { unreadable } = await state.live.scan(share);
        return unreadable.map(({ partition, row }) => `${partition}/${row}`);
      };
      expect(await unread({ from: 'b', to: 'd', except: ['c'] })).toEqual(['b/head']);
      expect(await unread({ only: ['a', 'd'] })).toEqual(['d/head']);
    });
  });

  describe('observations of batches', () => {
    const at = (cluster: string, startedAt: number) => anObservation({ cluster, startedAt });

    test('are told together: of each cluster the newest, at the time of the newest', async () => {
      const { observations } = await fresh();
      await observations.save({ at: 10, clusters: [at('a', 8), at('b', 8), at('c', 8)] });
      await observations.save({ at: 30, clusters: [at('a', 28)] }, 0);
      await observations.save({ at: 20, clusters: [at('b', 18), at('a', 18)] }, 1);
      const latest = await observations.latest();
      expect(latest?.at).toBe(30);
      const found = latest?.clusters.toSorted((one, other) => (one.cluster < other.cluster ? -1 : 1));
      expect(found).toEqual([at('a', 28), at('b', 18), at('c', 8)]);
    });

    test('of one number are those saved last', async () => {
      const { observations } = await fresh();
      await observations.save({ at: 10, clusters: [at('a', 8)] }, 7);
      await observations.save({ at: 20, clusters: [at('b', 18)] }, 7);
      expect(await observations.latest()).toEqual({ at: 20, clusters: [at('b', 18)] });
    });

    test('that began at one moment are those of the newer blob', async () => {
      const { observations } = await fresh();
      const other = anObservation({ startedAt: 8, finishedAt: 99 });
      await observations.save({ at: 20, clusters: [other] }, 1);
      await observations.save({ at: 10, clusters: [at('payments', 8)] }, 2);
      expect((await observations.latest())?.clusters).toEqual([other]);
    });

    test('have a number that a blob can have', async () => {
      const { observations } = await fresh();
      const saved = observations.save({ at: 10, clusters: [] }, 100_000);
      await expect(saved).rejects.toMatchObject({ code: 'illegal-key' });
    });
  });
}
