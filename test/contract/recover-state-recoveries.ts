/** One open recovery a cluster, fenced and ended in one transaction; part of ./recover-state.ts. */
import { expect, test } from 'vitest';
import type { Recovery } from '../../shared/recovery/recovery.ts';
import type { Stored } from '../../shared/state/ports.ts';
import type { RecoverState } from '../../shared/state/recover-ports.ts';
import { aFullRecovery, aRecovery, ended, noon } from '../fakes/state/recover-examples.ts';
import { newer, type RecoverStateUnderTest } from './recover-state-under-test.ts';

export function recoverStateOfRecoveries(open: () => Promise<RecoverStateUnderTest>): void {
  const fresh = async () => (await open()).state;
  const opened = async (state: RecoverState, recovery = aRecovery()): Promise<Stored<Recovery>> => {
    const result = await state.recoveries.open(recovery);
    if (!result.opened) throw new Error(`${recovery.id} was refused: ${result.busy} is open`);
    return { value: recovery, etag: result.etag };
  };
  const end = async (state: RecoverState, { value, etag }: Stored<Recovery>, at = noon + 42_000) =>
    state.recoveries.end({ value: ended(value, { at }), etag });
  const rowsOf = async ({ recoveries }: RecoverState, since = 0) =>
    (await recoveries.list('payments', since)).rows;

  test('one that is opened is read, is the active one, and is in every list of open ones', async () => {
    const state = await fresh();
    const stored = await opened(state, aFullRecovery());
    expect(await state.recoveries.read('payments', 'payments.first')).toEqual(stored);
    expect(await state.recoveries.active('payments')).toEqual(stored);
    expect(await rowsOf(state)).toEqual([stored.value]);
    expect(await state.recoveries.allActive()).toEqual({ recoveries: [stored.value], unreadable: [] });
  });

  test('where none was opened there is none', async () => {
    const state = await fresh();
    expect(await state.recoveries.read('payments', 'payments.first')).toBeUndefined();
    expect(await state.recoveries.active('payments')).toBeUndefined();
    expect(await rowsOf(state)).toEqual([]);
    expect(await state.recoveries.allActive()).toEqual({ recoveries: [], unreadable: [] });
    const none = { value: aRecovery(), etag: 'W/"1"' };
    expect(await state.recoveries.save(none)).toEqual({ saved: false });
    expect(await end(state, none)).toBe('conflict');
  });

  test('a second one of the same cluster finds it busy, and leaves nothing; another cluster does not', async () => {
    const state = await fresh();
    const first = await opened(state);
    const second = await state.recoveries.open(aRecovery({ id: 'payments.second' }));
    expect(second).toEqual({ opened: false, busy: 'payments.first' });
    expect(await state.recoveries.read('payments', 'payments.second')).toBeUndefined();
    expect(await state.recoveries.active('payments')).toEqual(first);
    await opened(state, aRecovery({ cluster: 'orders' }));
    expect((await state.recoveries.allActive()).recoveries).toHaveLength(2);
  });

  test('of those that race to open, one wins, and the others name it', async () => {
    const state = await fresh();
    const ids = ['a', 'b', 'c', 'd'].map((name) => `payments.${name}`);
    const results = await Promise.all(ids.map((id) => state.recoveries.open(aRecovery({ id }))));
    const active = await state.recoveries.active('payments');
    expect(results.filter((result) => result.opened)).toEqual([{ opened: true, etag: active?.etag }]);
    expect(results.filter((result) => !result.opened)).toEqual(
      Array.from({ length: 3 }, () => ({ opened: false, busy: active?.value.id })),
    );
    expect(await rowsOf(state)).toEqual([active?.value]);
  });

  test('of those that race to save, one wins', async () => {
    const state = await fresh();
    const { value, etag } = await opened(state);
    const results = await Promise.all(
      [1, 2, 3].map((passes) => state.recoveries.save({ value: { ...value, passes }, etag })),
    );
    const stored = await state.recoveries.active('payments');
    expect(results.filter(({ saved }) => saved)).toEqual([{ saved: true, etag: stored?.etag }]);
    expect(stored?.value.passes).toBe(results.findIndex(({ saved }) => saved) + 1);
  });

  test('a stale ETag saves nothing and ends nothing', async () => {
    const state = await fresh();
    const stale = await opened(state);
    const saved = await state.recoveries.save({ value: { ...stale.value, passes: 1 }, etag: stale.etag });
    expect(saved.saved).toBe(true);
    expect(await state.recoveries.save({ value: { ...stale.value, passes: 9 }, etag: stale.etag })).toEqual({
      saved: false,
    });
    expect(await end(state, stale)).toBe('conflict');
    expect((await state.recoveries.active('payments'))?.value.passes).toBe(1);
  });

  test('one that ended is kept, is no longer active, and makes room for the next', async () => {
    const state = await fresh();
    const first = await opened(state);
    expect(await end(state, first)).toBe('ended');
    expect(await state.recoveries.active('payments')).toBeUndefined();
    expect(await state.recoveries.allActive()).toEqual({ recoveries: [], unreadable: [] });
    expect((await state.recoveries.read('payments', 'payments.first'))?.value).toEqual(ended(first.value));
    const second = await opened(state, aRecovery({ id: 'payments.second' }));
    expect(await state.recoveries.active('payments')).toEqual(second);
  });

  test('of those that race to end it, one does', async () => {
    const state = await fresh();
    const first = await opened(state);
    const results = await Promise.all([1, 2, 3].map((at) => end(state, first, noon + at)));
    expect(results.sort()).toEqual(['conflict', 'conflict', 'ended']);
  });

  test('ending one again changes nothing, and never the next one', async () => {
    const state = await fresh();
    const first = await opened(state);
    await end(state, first);
    const again = await state.recoveries.read('payments', 'payments.first');
    if (!again) throw new Error('the ended one is gone');
    expect(await end(state, first, noon + 1)).toBe('conflict');
    expect(await end(state, again, noon + 1)).toBe('conflict');
    const second = await opened(state, aRecovery({ id: 'payments.second' }));
    expect(await end(state, first, noon + 1)).toBe('conflict');
    expect(await end(state, again, noon + 1)).toBe('conflict');
    expect(await state.recoveries.active('payments')).toEqual(second);
    expect(await state.recoveries.read('payments', 'payments.first')).toEqual(again);
  });

  test('an id that was there before is refused, and no active one is left behind', async () => {
    const state = await fresh();
    await end(state, await opened(state));
    await expect(state.recoveries.open(aRecovery())).rejects.toMatchObject({ code: 'duplicate-entry' });
    expect(await state.recoveries.active('payments')).toBeUndefined();
    await opened(state, aRecovery({ id: 'payments.second' }));
  });

  test('only `end` writes an ended one, and nothing else', async () => {
    const state = await fresh();
    const first = await opened(state);
    const over = { value: ended(first.value), etag: first.etag };
    const refusal = { code: 'refused', message: expect.stringContaining('payments.first') };
    await expect(state.recoveries.save(over)).rejects.toMatchObject(refusal);
    await expect(state.recoveries.open(ended(aRecovery({ id: 'payments.second' })))).rejects.toMatchObject({
      code: 'refused',
    });
    await expect(state.recoveries.end(first)).rejects.toMatchObject(refusal);
    expect(await state.recoveries.active('payments')).toEqual(first);
  });

  test('a list is of one cluster, newest first, requested later than a moment', async () => {
    const state = await fresh();
    for (const [n, id] of ['a', 'b', 'c'].entries()) {
      await end(state, await opened(state, aRecovery({ id: `payments.${id}`, requestedAt: noon + n / 2 })));
    }
    await opened(state, aRecovery({ cluster: 'orders' }));
    const names = async (since: number) => (await rowsOf(state, since)).map(({ id }) => id);
    expect(await names(0)).toEqual(['payments.c', 'payments.b', 'payments.a']);
    expect(await names(noon)).toEqual(['payments.c', 'payments.b']);
    expect(await names(noon + 1)).toEqual([]);
    expect(await names(Number.NEGATIVE_INFINITY)).toHaveLength(3);
    expect(await names(Number.POSITIVE_INFINITY)).toEqual([]);
  });

  test('a row of a newer version is never "none": whoever asks for it is refused', async () => {
    const { state, makeNewer } = await open();
    const stored = await opened(state);
    await makeNewer('recoveries', 'payments', 'r-payments.first');
    const refusal = { code: 'unreadable', recoverable: false, message: expect.stringMatching(newer) };
    await expect(state.recoveries.read('payments', 'payments.first')).rejects.toMatchObject(refusal);
    await expect(state.recoveries.active('payments')).rejects.toMatchObject(refusal);
    expect(await state.recoveries.open(aRecovery({ id: 'payments.second' }))).toEqual({
      opened: false,
      busy: 'payments.first',
    });
    expect(await state.recoveries.save(stored)).toEqual({ saved: false });
  });

  test('rows of a newer version are named beside the good ones', async () => {
    const { state, makeNewer } = await open();
    await opened(state);
    await makeNewer('recoveries', 'payments', 'r-payments.first');
    await makeNewer('recoveries', 'ledger', 'active');
    const good = await opened(state, aRecovery({ cluster: 'orders' }));
    const { recoveries, unreadable } = await state.recoveries.allActive();
    expect(recoveries).toEqual([good.value]);
    expect(unreadable.sort((a, b) => (a.partition < b.partition ? -1 : 1))).toEqual([
      { partition: 'ledger', row: 'active', why: expect.stringMatching(newer) },
      { partition: 'payments', row: 'active', why: expect.stringMatching(newer) },
    ]);
    const row = { partition: 'payments', row: 'r-payments.first', why: expect.stringMatching(newer) };
    expect(await state.recoveries.list('payments', 0)).toEqual({ rows: [], unreadable: [row] });
    await expect(state.recoveries.open(aRecovery({ cluster: 'ledger' }))).rejects.toMatchObject({
      code: 'unreadable',
    });
  });
}
