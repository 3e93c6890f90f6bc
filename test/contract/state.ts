/** What every State does. Run against the memory fake (test/state) and against Azurite (test/live). */
import { randomBytes } from 'node:crypto';
import { describe, expect, test } from 'vitest';
import type { Hold, Quiet, Transition } from '../../shared/alert/alert.ts';
import type { OutboxEntry, State, Stored } from '../../shared/state/ports.ts';
import { aHead, anAlert, anEntry, aTransition } from '../fakes/state/examples.ts';
import { stateOfBatchResults } from './state-batch-results.ts';
import { stateOfBatches } from './state-batches.ts';
import { stateLimits } from './state-limits.ts';
import { stateOfShares } from './state-shares.ts';
import { stateOfSweeps } from './state-sweeps.ts';

/** An empty State, and the ends of it that its own operations do not show. */
export interface StateUnderTest {
  state: State;
  putQuiet(quiet: Quiet): Promise<void>;
  putHold(hold: Hold): Promise<void>;
  /** Newest first. */
  historyOf(cluster: string): Promise<Transition[]>;
  /** Writes a head as a newer version would. */
  putNewerHead(cluster: string): Promise<void>;
  /** Writes a batch as a newer version would, over what has its number. */
  putNewerBatch(number: number): Promise<void>;
}

export function stateContract(open: () => Promise<StateUnderTest>): void {
  const fresh = async () => (await open()).state;
  const committed = async (state: State, ...entries: OutboxEntry[]) => {
    const result = await state.live.commit('payments', aHead(), undefined, entries);
    if (!result.committed) throw new Error('the first commit was refused');
    return result;
  };
  const only = <T>(items: T[]): T => {
    expect(items).toHaveLength(1);
    return items[0] as T;
  };

  describe('a commit', () => {
    test('stores a head and its outbox, and gives back what a scan and a read find', async () => {
      const state = await fresh();
      const head = aHead({ alerts: [anAlert()] });
      const result = await state.live.commit('payments', head, undefined, [anEntry()]);
      const scanned = await state.live.scan();
      expect(result).toEqual({
        committed: true,
        etag: scanned.partitions.get('payments')?.head?.etag,
        outbox: scanned.partitions.get('payments')?.outbox,
      });
      expect(scanned.partitions.get('payments')?.head?.value).toEqual(head);
      expect(scanned.partitions.get('payments')?.outbox[0]?.value).toEqual(anEntry());
      expect(scanned.unreadable).toEqual([]);
      expect(await state.live.read('payments')).toEqual(scanned.partitions.get('payments'));
      expect(await state.live.read('orders')).toEqual({ outbox: [] });
    });

    test('of a new head is a conflict when there is one already', async () => {
      const state = await fresh();
      const { etag } = await committed(state);
      const again = await state.live.commit('payments', aHead({ revision: 9 }), undefined, [anEntry()]);
      expect(again).toEqual({ committed: false, why: 'conflict' });
      const { head, outbox } = await state.live.read('payments');
      expect(head).toEqual({ value: aHead(), etag });
      expect(outbox).toEqual([]);
    });

    test('with a stale ETag changes neither head nor outbox', async () => {
      const state = await fresh();
      const { etag } = await committed(state);
      const winner = await state.live.commit('payments', aHead({ revision: 2 }), etag, []);
      const loser = await state.live.commit('payments', aHead({ revision: 3 }), etag, [anEntry()]);
      expect(winner.committed).toBe(true);
      expect(loser).toEqual({ committed: false, why: 'conflict' });
      const { head, outbox } = await state.live.read('payments');
      expect(head?.value.revision).toBe(2);
      expect(outbox).toEqual([]);
    });

    test('lets one of two that race win', async () => {
      const state = await fresh();
      const { etag } = await committed(state);
      const results = await Promise.all(
        [2, 3].map((revision) =>
          state.live.commit('payments', aHead({ revision }), etag, [anEntry({ id: `${revision}` })]),
        ),
      );
      const winner = results.findIndex((result) => result.committed);
      expect(results.filter((result) => result.committed)).toHaveLength(1);
      const { head, outbox } = await state.live.read('payments');
      expect(head?.value.revision).toBe(winner + 2);
      expect(outbox.map(({ value }) => value.id)).toEqual([`${winner + 2}`]);
    });

    test('changes nothing when one of its outbox rows exists', async () => {
      const state = await fresh();
      const { etag } = await committed(state, anEntry());
      const entries = [anEntry({ id: 'new' }), anEntry()];
      const result = await state.live.commit('payments', aHead({ revision: 2 }), etag, entries);
      expect(result).toEqual({ committed: false, why: 'conflict' });
      const { head, outbox } = await state.live.read('payments');
      expect(head?.value.revision).toBe(1);
      expect(outbox).toHaveLength(1);
    });

    test('replaces the whole head', async () => {
      const state = await fresh();
      const large = aHead({ alerts: [anAlert({ acknowledgedBy: randomBytes(200_000).toString('hex') })] });
      const first = await state.live.commit('payments', large, undefined, []);
      if (!first.committed) throw new Error('refused');
      await state.live.commit('payments', aHead({ revision: 2 }), first.etag, []);
      expect((await state.live.read('payments')).head?.value).toEqual(aHead({ revision: 2 }));
    });

    test('keeps clusters apart', async () => {
      const state = await fresh();
      await committed(state, anEntry());
      await state.live.commit("o'hara", aHead({ cluster: "o'hara" }), undefined, [anEntry()]);
      const { partitions } = await state.live.scan();
      expect([...partitions.keys()].sort()).toEqual(["o'hara", 'payments']);
      expect((await state.live.read("o'hara")).head?.value.cluster).toBe("o'hara");
    });
  });

  describe('deleting a head', () => {
    test('takes it away and keeps what is owed', async () => {
      const state = await fresh();
      const { etag } = await committed(state, anEntry());
      const result = await state.live.commit('payments', undefined, etag, [anEntry({ id: 'farewell' })]);
      expect(result.committed).toBe(true);
      const partition = (await state.live.scan()).partitions.get('payments');
      expect(partition?.head).toBeUndefined();
      expect(partition?.outbox.map(({ value }) => value.id).sort()).toEqual(['00000001-a-chat', 'farewell']);
    });

    test('leaves nothing to see when nothing is owed, and the cluster may come back', async () => {
      const state = await fresh();
      const { etag } = await committed(state);
      await state.live.commit('payments', undefined, etag, []);
      expect((await state.live.scan()).partitions.size).toBe(0);
      const back = await state.live.commit('payments', aHead(), undefined, [anEntry()]);
      expect(back.committed).toBe(true);
      expect((await state.live.read('payments')).head?.value).toEqual(aHead());
      expect((await state.live.commit('payments', aHead(), undefined, [])).committed).toBe(false);
    });

    test('with a stale ETag is a conflict', async () => {
      const state = await fresh();
      const { etag } = await committed(state);
      await state.live.commit('payments', aHead({ revision: 2 }), etag, []);
      const result = await state.live.commit('payments', undefined, etag, [anEntry()]);
      expect(result).toEqual({ committed: false, why: 'conflict' });
      expect((await state.live.read('payments')).head?.value.revision).toBe(2);
    });

    test('fences a sweep that read the head before', async () => {
      const state = await fresh();
      const { etag } = await committed(state);
      await state.live.commit('payments', undefined, etag, []);
      expect((await state.live.commit('payments', aHead({ revision: 2 }), etag, [])).committed).toBe(false);
      expect((await state.live.read('payments')).head).toBeUndefined();
    });
  });

  describe('an outbox row', () => {
    const claim = (row: Stored<OutboxEntry>, until: number): Stored<OutboxEntry> => ({
      etag: row.etag,
      value: { ...row.value, claimedUntil: until },
    });

    test('is claimed by one of two senders', async () => {
      const state = await fresh();
      const row = only((await committed(state, anEntry())).outbox);
      const results = await Promise.all(
        [1, 2].map((until) => state.live.update('payments', claim(row, until))),
      );
      expect(results.filter((result) => result === 'conflict')).toHaveLength(1);
      const kept = only(results.filter((result) => result !== 'conflict'));
      expect(only((await state.live.read('payments')).outbox)).toEqual(kept);
    });

    test('is removed by whoever holds its newest ETag', async () => {
      const state = await fresh();
      const row = only((await committed(state, anEntry())).outbox);
      const claimed = await state.live.update('payments', claim(row, 7));
      if (claimed === 'conflict' || claimed === 'gone') throw new Error(claimed);
      expect(await state.live.remove('payments', row)).toBe('conflict');
      expect(await state.live.remove('payments', claimed)).toBe('removed');
      expect(await state.live.remove('payments', claimed)).toBe('gone');
      expect(await state.live.update('payments', claimed)).toBe('gone');
      expect((await state.live.read('payments')).outbox).toEqual([]);
    });
  });

  stateLimits(fresh);
  stateOfSweeps(fresh);
  stateOfBatches(open);
  stateOfBatchResults(fresh);
  stateOfShares(open);

  test('a head of a newer version is named, not read and not overwritten', async () => {
    const under = await open();
    await under.putNewerHead('payments');
    const { partitions, unreadable } = await under.state.live.scan();
    expect(partitions.get('payments')?.head).toBeUndefined();
    const why = 'written by a newer Sealwatch (v2): upgrade this app';
    expect(unreadable).toEqual([{ partition: 'payments', row: 'head', why }]);
    const result = await under.state.live.commit('payments', aHead(), undefined, []);
    expect(result).toEqual({ committed: false, why: 'conflict' });
  });

  test('what people said is read as they said it', async () => {
    const under = await open();
    expect(await under.state.words.quiets()).toEqual([]);
    expect(await under.state.words.holds()).toEqual([]);
    const by = 'tid+oid';
    const alert: Quiet = {
      kind: 'acknowledge',
      cluster: 'payments',
      key: anAlert().key,
      by,
      at: 5,
      until: 99,
    };
    const all: Quiet = { kind: 'silence', cluster: 'payments', by, at: 6, until: 98 };
    const hold: Hold = { cluster: 'orders', by, reason: 'restore under way', until: 97 };
    await under.putQuiet(alert);
    await under.putQuiet(all);
    await under.putHold(hold);
    expect(await under.state.words.quiets()).toEqual(expect.arrayContaining([alert, all]));
    expect(await under.state.words.quiets()).toHaveLength(2);
    expect(await under.state.words.holds()).toEqual([hold]);
  });

  test('history takes a transition once, however often it is written', async () => {
    const under = await open();
    const sealed = aTransition({ at: 1000 });
    const back = aTransition({ at: 2000, from: 'sealed', to: 'standby' });
    await under.state.history.append([sealed, back]);
    await under.state.history.append([back, sealed, sealed]);
    await under.state.history.append([aTransition({ cluster: 'orders' })]);
    await under.state.history.append([]);
    expect(await under.historyOf('payments')).toEqual([back, sealed]);
    expect(await under.historyOf('orders')).toHaveLength(1);
  });

  test('history keeps the first 1,000 characters of a text, and two that begin alike apart', async () => {
    const under = await open();
    const long = (end: string) =>
      aTransition({
        what: `${'w'.repeat(40_000)}${end}`,
        from: 'f'.repeat(1000),
        to: `${'t'.repeat(998)}🔒🔒`,
      });
    await under.state.history.append([long('a'), long('b')]);
    const kept = await under.historyOf('payments');
    expect(kept).toHaveLength(2);
    for (const transition of kept) {
      expect(transition).toMatchObject({
        what: `${'w'.repeat(999)}…`,
        from: 'f'.repeat(1000),
        to: `${'t'.repeat(998)}…`,
      });
    }
  });

  test('history takes more than one transaction holds', async () => {
    const under = await open();
    const many = Array.from({ length: 130 }, (_, n) => aTransition({ at: n }));
    await under.state.history.append(many);
    expect(await under.historyOf('payments')).toEqual(many.toReversed());
  });

  test('prepare may be called again', async () => {
    const state = await fresh();
    await state.prepare();
    await state.prepare();
    expect((await state.live.scan()).partitions.size).toBe(0);
  });
}
