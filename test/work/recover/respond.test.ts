/** People's words: what they approve is what they were shown, and no share gets in with a reason. */
import { beforeEach, expect, it } from 'vitest';
import { nudgeOverdue } from '../../../shared/work/recover/overdue.ts';
import { requestRecovery } from '../../../shared/work/recover/request.ts';
import { approveRecovery, rejectRecovery, setHold } from '../../../shared/work/recover/respond.ts';
import { showRecovery } from '../../../shared/work/recover/show.ts';
import { ada, grace, RecoveryUnderTest } from './recovery-under-test.ts';

let world: RecoveryUnderTest;
beforeEach(async () => {
  world = await new RecoveryUnderTest({ policy: 'manual' }).ready();
  await world.restart();
});

const request = (reason = 'patched') =>
  requestRecovery(world.process(), 'payments', {
    kind: 'unseal',
    way: 'manual',
    by: ada.id,
    byName: ada.name,
    reason,
    dryRun: false,
    lost: [],
  });

async function asking(): Promise<string> {
  const asked = await request();
  await world.settle();
  return asked.ok ? asked.value.id : '';
}

const hashOf = async (id: string) => {
  const shown = await showRecovery(world.process(), id);
  return (shown.ok && shown.value.needs?.hash) || '';
};

it('an approval of what was shown before the plan changed is refused, and changes nothing', async () => {
  const id = await asking();
  const shown = await hashOf(id);
  await world.escrow();
  await world.clock.sleep(61_000);
  await nudgeOverdue(world.process());
  await world.settle();
  for (const word of [shown, '', 'e'.repeat(64)]) {
    expect(await approveRecovery(world.process(), id, grace, word)).toMatchObject({
      code: 'conflict',
      message: expect.stringContaining('look at it again') as string,
    });
  }
  expect(await world.state.approvals.of('payments', id)).toEqual([]);
  expect(await approveRecovery(world.process(), id, grace, await hashOf(id))).toMatchObject({
    value: { binding: { generation: { generation: 2 } } },
  });
  await world.settle();
  expect(world.sealed()).toEqual([]);
});

it('a reason with a share in it is refused, and is nowhere afterwards', async () => {
  const id = await asking();
  const share = world.simulation.keys.shares[0] ?? '';
  const reason = `unseal with ${share}`;
  const until = world.clock.now() + 60_000;
  for (const said of [
    await request(reason),
    await rejectRecovery(world.process(), id, grace, reason),
    await setHold(world.process(), 'payments', ada, { until, reason }),
  ]) {
    expect(said).toMatchObject({ code: 'invalid', message: expect.stringMatching(/^reason: /) as string });
    expect(JSON.stringify(said)).not.toContain(share);
  }
  const kept = [world.recoveries(), world.standingHolds, world.state.audited, world.logged];
  expect(JSON.stringify(kept)).not.toContain(share);
  expect(world.recoveries()).toMatchObject([{ id, status: 'open' }]);
});
