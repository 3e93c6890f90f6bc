/** A lock is held by one open rotation, of whichever cluster and credential; part of ./rotate-state.ts. */
import { expect, test } from 'vitest';
import { aRotation, noon } from '../fakes/state/rotate-examples.ts';
import { newer } from './recover-state-under-test.ts';
import { endRotation, openedRotation } from './rotate-state-rotations.ts';
import type { RotateStateUnderTest } from './rotate-state-under-test.ts';

const tenMinutes = 10 * 60_000;

export function rotateStateOfLocks(open: () => Promise<RotateStateUnderTest>): void {
  const orders = aRotation({ cluster: 'orders' });

  test('two of different clusters at once on the same lock: exactly one is opened, and the other names it', async () => {
    const { state, locks } = await open();
    const clusters = ['payments', 'orders', 'ledger', 'audit'];
    const results = await Promise.all(
      clusters.map((cluster) => state.rotations.open(aRotation({ cluster }), ['token of root'])),
    );
    const { rows } = await state.rotations.allActive();
    expect(rows).toHaveLength(1);
    const id = rows[0]?.id ?? '';
    expect(results.filter(({ opened }) => opened)).toHaveLength(1);
    expect(results.flatMap((result) => (result.opened ? [] : [result.busy]))).toEqual([id, id, id]);
    expect(await locks()).toEqual({ 'token of root': id });
  });

  test('those that need several in any order never both fail for good, and never both open', async () => {
    const { state } = await open();
    const [one, other] = await Promise.all([
      state.rotations.open(aRotation(), ['a', 'b', 'c']),
      state.rotations.open(orders, ['c', 'b', 'a', 'a']),
    ]);
    expect(one.opened).not.toBe(other.opened);
  });

  test('whoever finds one of several busy gives back the others', async () => {
    const { state, locks } = await open();
    const first = await openedRotation(state, aRotation(), ['b']);
    const busy = await state.rotations.open(orders, ['c', 'b', 'a']);
    expect(busy).toEqual({ opened: false, busy: 'payments.first' });
    expect(await state.rotations.read('orders', 'orders.first')).toBeUndefined();
    expect(await locks()).toEqual({ b: 'payments.first' });
    expect(await endRotation(state, first)).toBe('ended');
    await openedRotation(state, orders, ['c', 'b', 'a']);
  });

  test("an end frees its own and nobody else's", async () => {
    const { state, locks } = await open();
    const first = await openedRotation(state, aRotation(), ['a', 'it\'s "b" / c#?']);
    await openedRotation(state, orders, ['d']);
    expect(await locks()).toEqual({
      a: 'payments.first',
      'it\'s "b" / c#?': 'payments.first',
      d: 'orders.first',
    });
    await endRotation(state, first);
    expect(await locks()).toEqual({ d: 'orders.first' });
  });

  test('one that an ended rotation left behind is free at once', async () => {
    const { state, leaveLock, locks, now } = await open();
    const first = await openedRotation(state);
    await endRotation(state, first);
    await leaveLock({ name: 'a', rotation: first.value, at: now() });
    await openedRotation(state, orders, ['a']);
    expect(await locks()).toEqual({ a: 'orders.first' });
  });

  test('one of an open rotation is held for as long as that takes', async () => {
    const { state, pass } = await open();
    await openedRotation(state, aRotation(), ['a']);
    pass(400 * 86_400_000);
    expect(await state.rotations.open(orders, ['a'])).toEqual({ opened: false, busy: 'payments.first' });
  });

  test('one whose rotation never came is free after ten minutes, which is written down', async () => {
    const { state, leaveLock, locks, now, pass } = await open();
    const dead = aRotation({ requestedAt: now() });
    await leaveLock({ name: 'a', rotation: dead, at: now() });
    pass(tenMinutes - 5000);
    expect(await state.rotations.open(orders, ['a'])).toEqual({ opened: false, busy: 'payments.first' });
    expect(await state.rotations.read('payments', 'payments.first')).toBeUndefined();
    pass(10_000);
    await openedRotation(state, orders, ['a']);
    expect(await locks()).toEqual({ a: 'orders.first' });
    const kept = await state.rotations.read('payments', 'payments.first');
    expect(kept?.value).toMatchObject({
      ...dead,
      status: 'ended',
      ended: { outcome: 'failed', summary: expect.stringContaining('never opened') as string },
    });
  });

  test('an opening that took longer than that finds that it was given up, and opens nothing', async () => {
    const { state, leaveLock, now, pass } = await open();
    const slow = aRotation();
    await leaveLock({ name: 'a', rotation: slow, at: now() });
    pass(tenMinutes + 5000);
    const first = await openedRotation(state, orders, ['a']);
    expect(await state.rotations.open(slow, ['a'])).toEqual({ opened: false, busy: 'orders.first' });
    await endRotation(state, first);
    await expect(state.rotations.open(slow, ['a'])).rejects.toMatchObject({ code: 'duplicate-entry' });
    expect((await state.rotations.allActive()).rows).toEqual([]);
  });

  test("one's own of a try that died is taken again at once", async () => {
    const { state, leaveLock, locks, now } = await open();
    await leaveLock({ name: 'a', rotation: aRotation(), at: now() });
    await openedRotation(state, aRotation(), ['a']);
    expect(await locks()).toEqual({ a: 'payments.first' });
  });

  test('one whose rotation cannot be read is held, and one that cannot be read itself is told', async () => {
    const { state, leaveLock, makeNewer, now, pass } = await open();
    await leaveLock({ name: 'a', rotation: aRotation(), at: now() });
    await makeNewer('rotations', 'payments', 'r-payments.first');
    pass(2 * tenMinutes);
    expect(await state.rotations.open(orders, ['a'])).toEqual({ opened: false, busy: 'payments.first' });
    // SHA-256 of "b".
    const row = '3e23e8160039594a33894f6564e1b1348bbd7a0088d42c4acb73eeaed59c009d';
    await makeNewer('rotations', '_lock', row);
    await expect(state.rotations.open(orders, ['b'])).rejects.toMatchObject({
      code: 'unreadable',
      message: expect.stringMatching(newer) as string,
    });
    expect((await state.rotations.allActive()).rows).toEqual([]);
  });

  test('locks are no rotations: no list has them', async () => {
    const { state, leaveLock } = await open();
    await leaveLock({ name: 'a', rotation: aRotation(), at: noon });
    expect(await state.rotations.list(0)).toEqual({ rows: [], unreadable: [] });
    expect(await state.rotations.allActive()).toEqual({ rows: [], unreadable: [] });
  });
}
