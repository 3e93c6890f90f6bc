/** One open rotation a credential, fenced and ended in one transaction; part of ./rotate-state.ts. */
import { randomBytes } from 'node:crypto';
import { expect, test } from 'vitest';
import type { Rotation } from '../../shared/rotation/rotation.ts';
import type { Stored } from '../../shared/state/ports.ts';
import type { RotateState } from '../../shared/state/rotate-ports.ts';
import { aFullRotation, aRotation, endedRotation, noon } from '../fakes/state/rotate-examples.ts';
import { newer } from './recover-state-under-test.ts';
import type { RotateStateUnderTest } from './rotate-state-under-test.ts';

export async function openedRotation(
  { rotations }: RotateState,
  rotation = aRotation(),
  locks: string[] = [],
): Promise<Stored<Rotation>> {
  const result = await rotations.open(rotation, locks);
  if (!result.opened) throw new Error(`${rotation.id} was refused: ${result.busy} is open`);
  return { value: rotation, etag: result.etag };
}

export async function endRotation({ rotations }: RotateState, { value, etag }: Stored<Rotation>, at = noon) {
  return rotations.end({ value: endedRotation(value, { at }), etag });
}

export function rotateStateOfRotations(open: () => Promise<RotateStateUnderTest>): void {
  const fresh = async () => (await open()).state;
  const opened = openedRotation;
  const end = endRotation;
  const token = 'transit-token';

  test('one that is opened is read, is the active one of its kind, and is in every list', async () => {
    const state = await fresh();
    const stored = await opened(state, aFullRotation());
    expect(await state.rotations.read('payments', 'payments.first')).toEqual(stored);
    expect(await state.rotations.active('payments', token)).toEqual(stored);
    expect(await state.rotations.active('payments', 'transit-key')).toBeUndefined();
    const listed = { rows: [stored.value], unreadable: [] };
    expect(await state.rotations.list(0, 'payments')).toEqual(listed);
    expect(await state.rotations.list(0)).toEqual(listed);
    expect(await state.rotations.allActive()).toEqual(listed);
  });

  test('where none was opened there is none', async () => {
    const state = await fresh();
    expect(await state.rotations.read('payments', 'payments.first')).toBeUndefined();
    expect(await state.rotations.active('payments', token)).toBeUndefined();
    expect(await state.rotations.list(0)).toEqual({ rows: [], unreadable: [] });
    expect(await state.rotations.allActive()).toEqual({ rows: [], unreadable: [] });
    const none = { value: aRotation(), etag: 'W/"1"' };
    expect(await state.rotations.save(none)).toEqual({ saved: false });
    expect(await end(state, none)).toBe('conflict');
  });

  test('opening it again names it: an earlier try did go through', async () => {
    const { state, locks } = await open();
    const first = await opened(state, aRotation(), ['a', 'b']);
    const again = await state.rotations.open(aRotation(), ['a', 'b']);
    expect(again).toEqual({ opened: false, busy: 'payments.first' });
    expect(await state.rotations.active('payments', token)).toEqual(first);
    expect(await locks()).toEqual({ a: 'payments.first', b: 'payments.first' });
  });

  test('a second one of the same credential finds it busy, and leaves nothing', async () => {
    const { state, locks } = await open();
    const first = await opened(state);
    const second = await state.rotations.open(aRotation({ id: 'payments.second' }), ['a']);
    expect(second).toEqual({ opened: false, busy: 'payments.first' });
    expect(await state.rotations.read('payments', 'payments.second')).toBeUndefined();
    expect(await state.rotations.active('payments', token)).toEqual(first);
    expect(await locks()).toEqual({});
  });

  test('another credential, or another cluster, has its own', async () => {
    const state = await fresh();
    await opened(state);
    await opened(state, aRotation({ id: 'payments.key', kind: 'transit-key' }));
    await opened(state, aRotation({ cluster: 'orders' }));
    const { rows } = await state.rotations.allActive();
    expect(rows.map(({ id }) => id).sort()).toEqual(['orders.first', 'payments.first', 'payments.key']);
  });

  test('of those that race to open one credential without a lock, one wins, and the others name it', async () => {
    const { state, locks } = await open();
    const ids = ['a', 'b', 'c', 'd'].map((name) => `payments.${name}`);
    const results = await Promise.all(ids.map((id) => state.rotations.open(aRotation({ id }), [id])));
    const active = await state.rotations.active('payments', token);
    const id = active?.value.id ?? '';
    expect(results.filter((result) => result.opened)).toEqual([{ opened: true, etag: active?.etag }]);
    expect(results.filter((result) => !result.opened)).toEqual(
      Array.from({ length: 3 }, () => ({ opened: false, busy: id })),
    );
    expect((await state.rotations.list(0)).rows).toEqual([active?.value]);
    expect(await locks()).toEqual({ [id]: id });
  });

  test('of those that race to save, one wins', async () => {
    const state = await fresh();
    const { value, etag } = await opened(state);
    const results = await Promise.all(
      [1, 2, 3].map((inUseAt) => state.rotations.save({ value: { ...value, inUseAt }, etag })),
    );
    const stored = await state.rotations.active('payments', token);
    expect(results.filter(({ saved }) => saved)).toEqual([{ saved: true, etag: stored?.etag }]);
    expect(stored?.value.inUseAt).toBe(results.findIndex(({ saved }) => saved) + 1);
  });

  test('a stale ETag saves nothing and ends nothing', async () => {
    const { state, locks } = await open();
    const stale = await opened(state, aRotation(), ['a']);
    const saved = await state.rotations.save({ ...stale, value: { ...stale.value, triedAt: 1 } });
    expect(saved.saved).toBe(true);
    const late = { ...stale, value: { ...stale.value, triedAt: 9 } };
    expect(await state.rotations.save(late)).toEqual({ saved: false });
    expect(await end(state, stale)).toBe('conflict');
    expect((await state.rotations.active('payments', token))?.value.triedAt).toBe(1);
    expect(await locks()).toEqual({ a: 'payments.first' });
  });

  test('one that ended is kept, is no longer active, and makes room for the next', async () => {
    const state = await fresh();
    const first = await opened(state);
    expect(await end(state, first)).toBe('ended');
    expect(await state.rotations.active('payments', token)).toBeUndefined();
    expect(await state.rotations.allActive()).toEqual({ rows: [], unreadable: [] });
    const kept = await state.rotations.read('payments', 'payments.first');
    expect(kept?.value).toEqual(endedRotation(first.value, { at: noon }));
    const second = await opened(state, aRotation({ id: 'payments.second' }));
    expect(await state.rotations.active('payments', token)).toEqual(second);
    for (const old of [first, kept ?? first]) expect(await end(state, old, noon + 1)).toBe('conflict');
    expect(await state.rotations.active('payments', token)).toEqual(second);
  });

  test('of those that race to end it, one does', async () => {
    const state = await fresh();
    const first = await opened(state);
    const results = await Promise.all([1, 2, 3].map((at) => end(state, first, noon + at)));
    expect(results.sort()).toEqual(['conflict', 'conflict', 'ended']);
  });

  test('an id that was there before is refused, and neither an active one nor a lock is left behind', async () => {
    const { state, locks } = await open();
    await end(state, await opened(state));
    await expect(state.rotations.open(aRotation(), ['a'])).rejects.toMatchObject({ code: 'duplicate-entry' });
    expect(await state.rotations.active('payments', token)).toBeUndefined();
    expect(await locks()).toEqual({});
    await opened(state, aRotation({ id: 'payments.second' }));
  });

  test('only `end` writes an ended one, and nothing else', async () => {
    const { state, locks } = await open();
    const first = await opened(state);
    const over = { value: endedRotation(first.value), etag: first.etag };
    const refusal = {
      code: 'refused',
      message: expect.stringContaining('rotation payments.first') as string,
    };
    await expect(state.rotations.save(over)).rejects.toMatchObject(refusal);
    await expect(state.rotations.end(first)).rejects.toMatchObject(refusal);
    const second = endedRotation(aRotation({ id: 'payments.second' }));
    await expect(state.rotations.open(second, ['a'])).rejects.toMatchObject({ code: 'refused' });
    expect(await state.rotations.active('payments', token)).toEqual(first);
    expect(await locks()).toEqual({});
  });

  test('a list is newest first, of one cluster or of all, requested at a moment or later', async () => {
    const state = await fresh();
    for (const [n, id] of ['a', 'b', 'c'].entries()) {
      await end(state, await opened(state, aRotation({ id: `payments.${id}`, requestedAt: noon + n / 2 })));
    }
    await opened(state, aRotation({ cluster: 'orders', requestedAt: noon + 9 }));
    const names = async (since: number, cluster?: string) =>
      (await state.rotations.list(since, cluster)).rows.map(({ id }) => id);
    expect(await names(0, 'payments')).toEqual(['payments.c', 'payments.b', 'payments.a']);
    expect(await names(noon + 0.5, 'payments')).toEqual(['payments.c', 'payments.b']);
    expect(await names(noon + 1)).toEqual(['orders.first', 'payments.c']);
    expect(await names(noon + 10)).toEqual([]);
    expect(await names(Number.NEGATIVE_INFINITY)).toHaveLength(4);
    expect(await names(Number.POSITIVE_INFINITY)).toEqual([]);
  });

  test('a row of a newer version is never "none": whoever asks for it is refused', async () => {
    const { state, makeNewer } = await open();
    const stored = await opened(state);
    await makeNewer('rotations', 'payments', 'r-payments.first');
    const refusal = {
      code: 'unreadable',
      recoverable: false,
      message: expect.stringMatching(newer) as string,
    };
    await expect(state.rotations.read('payments', 'payments.first')).rejects.toMatchObject(refusal);
    await expect(state.rotations.active('payments', token)).rejects.toMatchObject(refusal);
    const second = await state.rotations.open(aRotation({ id: 'payments.second' }), []);
    expect(second).toEqual({ opened: false, busy: 'payments.first' });
    expect(await state.rotations.save(stored)).toEqual({ saved: false });
  });

  test('rows of a newer version are named beside the good ones', async () => {
    const { state, makeNewer } = await open();
    await opened(state);
    const good = await opened(state, aRotation({ cluster: 'orders' }));
    await makeNewer('rotations', 'payments', 'r-payments.first');
    await makeNewer('rotations', 'ledger', 'active-transit-token');
    const why = expect.stringMatching(newer) as string;
    expect(await state.rotations.list(0)).toEqual({
      rows: [good.value],
      unreadable: [{ partition: 'payments', row: 'r-payments.first', why }],
    });
    const { rows, unreadable } = await state.rotations.allActive();
    expect(rows).toEqual([good.value]);
    expect(unreadable.sort((a, b) => (a.partition < b.partition ? -1 : 1))).toEqual([
      { partition: 'ledger', row: 'active-transit-token', why },
      { partition: 'payments', row: 'active-transit-token', why },
    ]);
    const ledger = state.rotations.open(aRotation({ cluster: 'ledger' }), []);
    await expect(ledger).rejects.toMatchObject({ code: 'unreadable' });
  });

  test('may be as large as its schema lets it', async () => {
    const state = await fresh();
    const line = () => randomBytes(1000).toString('hex');
    const name = () => randomBytes(250).toString('hex');
    const names = Array.from({ length: 200 }, name);
    const large = aFullRotation({
      reason: line(),
      sinks: Object.fromEntries(names.slice(0, 100).map((sink) => [sink, { where: line() }])),
      consumers: names,
      failing: { what: 'try', code: 'odd', message: line(), since: noon, times: 20 },
    });
    const { etag } = await opened(state, large, ['a']);
    expect((await state.rotations.active('payments', token))?.value).toEqual(large);
    const left = Array.from({ length: 100 }, line);
    const over = endedRotation(large, { left });
    expect(await state.rotations.end({ value: over, etag })).toBe('ended');
    expect((await state.rotations.read('payments', 'payments.first'))?.value).toEqual(over);
  });

  test.for<[string, Partial<Rotation>]>([
    ['reason', { reason: 'x'.repeat(2001) }],
    ['lease.until', { lease: { owner: 'app-1', until: Number.POSITIVE_INFINITY } }],
    ['sinks', { sinks: Object.fromEntries(Array.from({ length: 101 }, (_, n) => [`${n}`, {}])) }],
    ['failing.times', { failing: { what: 'a', code: 'odd', message: 'b', since: noon, times: 0 } }],
    ['reached.due', { reached: { due: 9e15 } }],
  ])('is refused by the name of its field when it could not be read back: %s', async ([field, over]) => {
    const { state, locks } = await open();
    const refusal = {
      code: 'refused',
      message: expect.stringMatching(new RegExp(`payments\\.first.*${field}`)) as string,
    };
    await expect(state.rotations.open(aRotation(over), ['a'])).rejects.toMatchObject(refusal);
    expect(await state.rotations.active('payments', token)).toBeUndefined();
    expect(await locks()).toEqual({});
    const stored = await opened(state);
    const wrong = { ...stored, value: aRotation(over) };
    await expect(state.rotations.save(wrong)).rejects.toMatchObject(refusal);
    expect(await state.rotations.active('payments', token)).toEqual(stored);
  });

  test('fields of a newer version in a row of ours are kept', async () => {
    const state = await fresh();
    const richer = { ...aRotation(), sinks: { a: { later: 1 } }, alsoLater: ['x'] } as Rotation;
    const { etag } = await opened(state, richer);
    const { value } = (await state.rotations.active('payments', token)) ?? {};
    expect(value).toEqual(richer);
    await state.rotations.save({ value: { ...richer, triedAt: 1 }, etag });
    expect((await state.rotations.active('payments', token))?.value).toEqual({ ...richer, triedAt: 1 });
  });
}
