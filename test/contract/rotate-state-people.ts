/** Approvals of rotations, audit entries, and keys that are refused; part of ./rotate-state.ts. */
import { expect, test } from 'vitest';
import { rotationApprovalKind } from '../../shared/state/rotate-kinds.ts';
import {
  aRotation,
  aRotationApproval,
  aRotationAudit,
  aRotationBinding,
  noon,
} from '../fakes/state/rotate-examples.ts';
import { newer } from './recover-state-under-test.ts';
import type { RotateStateUnderTest } from './rotate-state-under-test.ts';

export function rotateStateOfPeople(open: () => Promise<RotateStateUnderTest>): void {
  const fresh = async () => (await open()).state;
  const rowOf = (rotation: string) => `a-${rotation}-${'0'.repeat(64)}`;

  test('approvals are read in the order of their times, each person once for each binding', async () => {
    const { rotations } = await fresh();
    const bob = aRotationApproval({ at: noon + 2 });
    const carol = aRotationApproval({ by: 'tenant/carol', name: 'Carol', at: noon + 1 });
    const ofOther = aRotationApproval({ binding: aRotationBinding({ what: 'orders' }), at: noon + 3 });
    const raise = { binding: aRotationBinding({ step: 'raise-minimum', what: '4' }), at: noon + 4 };
    await rotations.approve(aRotationApproval({ at: noon, name: 'Bob before' }));
    for (const approval of [carol, ofOther, bob, aRotationApproval(raise)]) await rotations.approve(approval);
    expect(await rotations.approvals('payments', 'payments.first')).toEqual([
      carol,
      bob,
      ofOther,
      aRotationApproval(raise),
    ]);
  });

  test('approvals of another rotation or cluster are not among them', async () => {
    const { rotations } = await fresh();
    for (const rotation of ['payments.firs', 'payments.first.b', 'payments.first-b', 'payments.firstb']) {
      await rotations.approve(aRotationApproval({ binding: aRotationBinding({ rotation }) }));
    }
    await rotations.approve(aRotationApproval({ binding: aRotationBinding({ cluster: 'orders' }) }));
    expect(await rotations.approvals('payments', 'payments.first')).toEqual([]);
    expect(await rotations.approvals('payments', 'payments.first-b')).toHaveLength(1);
  });

  test('an approval that cannot be read does not count, and is told of', async () => {
    const { state, makeNewer, told } = await open();
    await state.rotations.approve(aRotationApproval());
    for (const rotation of ['payments.first', 'payments.first-b']) {
      await makeNewer('rotations', 'payments', rowOf(rotation));
    }
    expect(await state.rotations.approvals('payments', 'payments.first')).toEqual([aRotationApproval()]);
    const why = expect.stringMatching(newer) as string;
    expect(told()).toEqual([{ partition: 'rotations/payments', row: rowOf('payments.first'), why }]);
  });

  test('an approval of a newer version stays as it is: the same person is refused', async () => {
    const { state, makeNewer } = await open();
    await state.rotations.approve(aRotationApproval());
    await makeNewer('rotations', 'payments', rotationApprovalKind.keys(aRotationApproval()).rowKey);
    await expect(state.rotations.approve(aRotationApproval({ at: noon + 9 }))).rejects.toMatchObject({
      code: 'unreadable',
      message: expect.stringMatching(newer) as string,
    });
    expect(await state.rotations.approvals('payments', 'payments.first')).toEqual([]);
  });

  test('audit entries are kept whole, each by itself, newest last', async () => {
    const { state, audited } = await open();
    const entries = [2, 0, 1, 1].map((ms) => aRotationAudit({ at: noon + ms }));
    for (const entry of entries) await state.audit.write(entry);
    const { rotation: _, name: _name, ...ofNone } = aRotationAudit({ at: noon + 3, what: 'renewed' });
    await state.audit.write(ofNone);
    expect(await audited()).toEqual([...entries.sort((a, b) => a.at - b.at), ofNone]);
  });

  test('entries of one moment stay in the order in which they were written', async () => {
    const { state, audited } = await open();
    const whats = [
      'requested',
      'approved',
      'step',
      'confirmed',
      'rolled-back',
      'ended',
      'forgotten',
    ] as const;
    for (const what of whats) await state.audit.write(aRotationAudit({ what }));
    expect((await audited()).map(({ what }) => what)).toEqual(whats);
  });

  test.for(['', 'a/b', 'a\\b', 'a#b', 'a?b', 'a\nb', 'x'.repeat(501)])(
    'the key %j is refused for clusters and rotations',
    async (key) => {
      const { rotations, audit } = await fresh();
      const calls: Promise<unknown>[] = [
        rotations.read(key, 'x.first'),
        rotations.active(key, 'transit-token'),
        rotations.list(0, key),
        rotations.approvals(key, 'x.first'),
        rotations.approvals('payments', key),
        audit.write(aRotationAudit({ cluster: key })),
        rotations.open(aRotation({ cluster: key, id: 'x.first' }), []),
        ...(key === '' ? [] : [rotations.open(aRotation({ id: key }), []), rotations.read('payments', key)]),
      ];
      const results = await Promise.allSettled(calls);
      const codes = results.map((result) => result.status === 'rejected' && result.reason.code);
      expect(codes).toEqual(calls.map(() => 'illegal-key'));
    },
  );
}
