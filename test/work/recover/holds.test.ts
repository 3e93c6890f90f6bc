import { expect, it } from 'vitest';
import { requestRecovery } from '../../../shared/work/recover/request.ts';
import { approveRecovery } from './approving.ts';
import { ada, grace, RecoveryUnderTest } from './recovery-under-test.ts';

it('a hold whose row is damaged stops automation, and not what people approved', async () => {
  const world = await new RecoveryUnderTest().ready();
  await world.restart();
  world.state.damage('holds', { partitionKey: 'hold', rowKey: 'payments' }, 'damaged');
  await world.nudge();
  expect(world.sent).toEqual([]);
  expect(world.recoveries()).toEqual([]);
  expect(world.logged.some((line) => line.includes('hold-unreadable'))).toBe(true);
  const asked = { kind: 'unseal', way: 'manual', by: ada.id, byName: ada.name, reason: 'at night' } as const;
  const opened = await requestRecovery(world.process(), 'payments', { ...asked, dryRun: false, lost: [] });
  await world.settle();
  await approveRecovery(world.process(), opened.ok ? opened.value.id : '', grace);
  await world.settle();
  expect(world.sealed()).toEqual([]);
  expect(world.recoveries()[0]?.ended?.outcome).toBe('recovered');
});
