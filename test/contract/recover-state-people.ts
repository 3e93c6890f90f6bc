/** Approvals, holds, audit entries, notes of starts and nudges; part of ./recover-state.ts. */
import { expect, test } from 'vitest';
import { approvalKind } from '../../shared/state/recover-kinds.ts';
import { aBinding, anApproval, anAuditEntry, aStart, noon } from '../fakes/state/recover-examples.ts';
import { newer, type RecoverStateUnderTest } from './recover-state-under-test.ts';

export function recoverStateOfPeople(open: () => Promise<RecoverStateUnderTest>): void {
  const fresh = async () => (await open()).state;
  const aHold = { cluster: 'payments', by: 'Alice', reason: 'migration', until: noon + 5000, at: noon };
  const asRead = ({ cluster, by, reason, until }: typeof aHold) => ({ cluster, by, reason, until });

  test('approvals of a recovery are read in the order of their times, each person once', async () => {
    const state = await fresh();
    const bob = anApproval({ at: noon + 2 });
    const carol = anApproval({ by: 'tenant/carol', name: 'Carol', at: noon + 1 });
    await state.approvals.save(anApproval({ binding: aBinding({ steps: ['rebind'] }) }));
    await state.approvals.save(carol);
    await state.approvals.save(bob);
    expect(await state.approvals.of('payments', 'payments.first')).toEqual([carol, bob]);
  });

  test('approvals of another recovery or cluster are not among them', async () => {
    const state = await fresh();
    for (const recovery of ['payments.firs', 'payments.first.b', 'payments.first-b', 'payments.firstb'])
      await state.approvals.save(anApproval({ binding: aBinding({ recovery }) }));
    await state.approvals.save(anApproval({ binding: aBinding({ cluster: 'orders' }) }));
    expect(await state.approvals.of('payments', 'payments.first')).toEqual([]);
    expect(await state.approvals.of('payments', 'payments.first.b')).toHaveLength(1);
  });

  test('an approval that cannot be read does not count, and is told of', async () => {
    const { state, makeNewer, told } = await open();
    await state.approvals.save(anApproval());
    const row = `payments.first.${'0'.repeat(64)}`;
    await makeNewer('approvals', 'payments', row);
    expect(await state.approvals.of('payments', 'payments.first')).toEqual([anApproval()]);
    expect(told()).toEqual([{ partition: 'approvals/payments', row, why: expect.stringMatching(newer) }]);
  });

  test('an approval of a newer version stays as it is: the same person is refused', async () => {
    const { state, makeNewer, told } = await open();
    await state.approvals.save(anApproval());
    const { rowKey } = approvalKind.keys(anApproval());
    await makeNewer('approvals', 'payments', rowKey);
    await expect(state.approvals.save(anApproval({ at: noon + 9 }))).rejects.toMatchObject({
      code: 'unreadable',
      message: expect.stringMatching(newer),
    });
    expect(await state.approvals.of('payments', 'payments.first')).toEqual([]);
    expect(told()).toHaveLength(1);
    await state.approvals.save(anApproval({ by: 'tenant/carol' }));
    expect(await state.approvals.of('payments', 'payments.first')).toHaveLength(1);
  });

  test('a hold is what watch reads, is replaced by the next, and ends once', async () => {
    const { state, holdsOfWatch } = await open();
    expect(await state.holds.of('payments')).toBeUndefined();
    await state.holds.set(aHold);
    await state.holds.set({ ...aHold, cluster: 'orders' });
    const longer = { ...aHold, by: 'Bob', until: noon + 9000 };
    await state.holds.set(longer);
    expect(await state.holds.of('payments')).toEqual(asRead(longer));
    const read = await holdsOfWatch();
    expect(read.sort((a, b) => (a.cluster < b.cluster ? -1 : 1))).toEqual([
      asRead({ ...aHold, cluster: 'orders' }),
      asRead(longer),
    ]);
    expect(await state.holds.end('payments')).toBe('ended');
    expect(await state.holds.end('payments')).toBe('none');
    expect(await state.holds.of('payments')).toBeUndefined();
    expect(await holdsOfWatch()).toHaveLength(1);
  });

  test('a hold that cannot be read is never "none", and can be ended or set anew', async () => {
    const { state, makeDamaged } = await open();
    for (const cluster of ['payments', 'orders']) {
      await makeDamaged('holds', 'hold', cluster);
      await expect(state.holds.of(cluster)).rejects.toMatchObject({
        code: 'unreadable',
        message: expect.stringMatching(/damaged: /),
      });
    }
    expect(await state.holds.end('payments')).toBe('ended');
    expect(await state.holds.of('payments')).toBeUndefined();
    await state.holds.set({ ...aHold, cluster: 'orders' });
    expect((await state.holds.of('orders'))?.reason).toBe('migration');
  });

  test('a hold of a newer version is never "none", and neither set anew nor ended', async () => {
    const { state, makeNewer } = await open();
    await state.holds.set(aHold);
    await makeNewer('holds', 'hold', 'payments');
    const refusal = { code: 'unreadable', message: expect.stringMatching(newer) };
    await expect(state.holds.of('payments')).rejects.toMatchObject(refusal);
    await expect(state.holds.end('payments')).rejects.toMatchObject(refusal);
    await expect(state.holds.set({ ...aHold, by: 'Bob' })).rejects.toMatchObject(refusal);
    await expect(state.holds.of('payments')).rejects.toMatchObject(refusal);
  });

  test('audit entries are kept whole, each by itself, newest last', async () => {
    const { state, audited } = await open();
    const entries = [2, 0, 1, 1].map((ms) => anAuditEntry({ at: noon + ms }));
    for (const entry of entries) await state.audit.write(entry);
    const { recovery: _, ...ofNone } = anAuditEntry({ at: noon + 3, what: 'hold-set' });
    await state.audit.write(ofNone);
    expect(await audited()).toEqual([...entries.sort((a, b) => a.at - b.at), ofNone]);
  });

  test('entries of one moment stay in the order in which they were written', async () => {
    const { state, audited } = await open();
    const whats = ['requested', 'approved', 'key-opened', 'step', 'ended'] as const;
    for (const what of whats) await state.audit.write(anAuditEntry({ what }));
    expect((await audited()).map(({ what }) => what)).toEqual(whats);
  });

  test('the newest note of each node is kept, whatever the node is called', async () => {
    const state = await fresh();
    const names = ['10.0.0.1:8200', 'https://a/b?c#d\\e', 'ä', '=c3=a4', 'vault-0', "o'hara", ''];
    await state.starts.note(names.map((node) => aStart({ node, start: 1 })));
    const notes = names.map((node, n) => aStart({ node, start: noon - n }));
    await state.starts.note([...notes, aStart({ cluster: 'orders' })]);
    expect(await state.starts.of('payments')).toEqual(notes.sort((a, b) => (a.node < b.node ? -1 : 1)));
    expect(await state.starts.of('orders')).toEqual([aStart({ cluster: 'orders' })]);
    expect(await state.starts.of('ledger')).toEqual([]);
  });

  test('more notes than one transaction holds, and two of one node: the last one stands', async () => {
    const state = await fresh();
    const many = Array.from({ length: 130 }, (_, n) => aStart({ node: `vault-${n}` }));
    await state.starts.note([...many, aStart({ node: 'vault-7', start: 7 })]);
    await state.starts.note([]);
    const found = await state.starts.of('payments');
    expect(found).toHaveLength(130);
    expect(found.find(({ node }) => node === 'vault-7')?.start).toBe(7);
  });

  test('a note that cannot be read proves nothing, is told of, and is replaced by the next', async () => {
    const { state, makeNewer, told } = await open();
    await state.starts.note([aStart(), aStart({ node: 'vault-1' })]);
    await makeNewer('starts', 'payments', 'n-vault-0');
    expect(await state.starts.of('payments')).toEqual([aStart({ node: 'vault-1' })]);
    const why = expect.stringMatching(newer);
    expect(told()).toEqual([{ partition: 'starts/payments', row: 'n-vault-0', why }]);
    await state.starts.note([aStart()]);
    expect(await state.starts.of('payments')).toHaveLength(2);
  });

  test('a nudge is the name of a cluster, in the queue that is meant', async () => {
    const { state, messages } = await open();
    await state.nudges.send('steps', 'payments', 0);
    await state.nudges.send('probe', 'orders', 0);
    expect(await messages('steps')).toEqual(['payments']);
    expect(await messages('probe')).toEqual(['orders']);
  });

  test('prepare may be called again', async () => {
    const state = await fresh();
    await state.holds.set(aHold);
    await state.prepare();
    await state.prepare();
    expect(await state.holds.of('payments')).toEqual(asRead(aHold));
  });
}
