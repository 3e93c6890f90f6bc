import { describe, expect, it } from 'vitest';
import { type Asked, requestRecovery } from '../../../shared/work/recover/request.ts';
import { endHold, rejectRecovery, setHold } from '../../../shared/work/recover/respond.ts';
import { approveRecovery } from './approving.ts';
import { ada, alan, grace, RecoveryUnderTest } from './recovery-under-test.ts';

const asked = (person = ada): Asked => ({
  kind: 'unseal',
  way: 'manual',
  by: person.id,
  byName: person.name,
  reason: 'patched at night',
  dryRun: false,
  lost: [],
});

describe('three nodes that restarted', () => {
  it('are brought back by automation, with a threshold of shares each and no more', async () => {
    const world = await new RecoveryUnderTest().ready();
    await world.restart();
    await world.nudge();
    expect(world.sealed()).toEqual([]);
    expect(world.recoveries()).toMatchObject([
      { way: 'automatic', status: 'ended', ended: { outcome: 'recovered' } },
    ]);
    for (const node of world.names) {
      const bodies = world.sent.filter((one) => one.node === node).map(({ body }) => body);
      expect(new Set(bodies).size).toBeLessThanOrEqual(3);
    }
    expect((await world.state.generations.newest('payments'))?.value.provenAt).toBeDefined();
  });

  it('are left alone where the policy is manual, until people asked and approved', async () => {
    const world = await new RecoveryUnderTest({ policy: 'manual' }).ready();
    await world.restart();
    await world.nudge();
    expect(world.recoveries()).toEqual([]);
    const deps = world.process();
    const opened = await requestRecovery(deps, 'payments', asked());
    await world.settle();
    expect(world.sealed()).toEqual(world.names);
    const id = opened.ok ? opened.value.id : '';
    expect(await approveRecovery(deps, id, grace)).toMatchObject({ ok: true });
    await world.settle();
    expect(world.sealed()).toEqual([]);
  });

  it('need two others where two are asked for', async () => {
    const world = await new RecoveryUnderTest({ policy: 'manual', recovery: ['approvals: 2'] }).ready();
    await world.restart();
    const deps = world.process();
    const opened = await requestRecovery(deps, 'payments', asked());
    await world.settle();
    const id = opened.ok ? opened.value.id : '';
    expect(await approveRecovery(deps, id, ada)).toMatchObject({ ok: false, code: 'forbidden' });
    await approveRecovery(deps, id, grace);
    await world.settle();
    expect(world.sealed()).toEqual(world.names);
    await approveRecovery(deps, id, alan);
    await world.settle();
    expect(world.sealed()).toEqual([]);
  });

  it('get no share under a hold, and are brought back when it ends', async () => {
    const world = await new RecoveryUnderTest().ready();
    const deps = world.process();
    await setHold(deps, 'payments', ada, { until: world.clock.now() + 3_600_000, reason: 'maintenance' });
    await world.restart();
    await world.nudge();
    expect(world.sent).toEqual([]);
    await endHold(deps, 'payments', ada);
    await world.settle();
    expect(world.sealed()).toEqual([]);
  });
});

describe('a node that an operator sealed', () => {
  it('needs approval, also where the policy is automatic', async () => {
    const world = await new RecoveryUnderTest().ready();
    world.simulation.apply({ kind: 'seal', node: 'payments-2' });
    await world.nudge();
    expect(world.sent).toEqual([]);
    const [recovery] = world.recoveries();
    expect(recovery).toMatchObject({ status: 'open', needs: { kind: 'approval' } });
    await approveRecovery(world.process(), recovery?.id ?? '', grace);
    await world.settle();
    expect(world.sealed()).toEqual([]);
  });

  it('stays sealed when a person rejects the recovery', async () => {
    const world = await new RecoveryUnderTest().ready();
    world.simulation.apply({ kind: 'seal', node: 'payments-2' });
    await world.nudge();
    const [recovery] = world.recoveries();
    expect(await rejectRecovery(world.process(), recovery?.id ?? '', grace, 'on purpose')).toMatchObject({
      ok: true,
    });
    await world.settle();
    expect(world.sent).toEqual([]);
    expect(world.recoveries()).toMatchObject([{ ended: { outcome: 'rejected' } }]);
  });
});

describe('a dry run', () => {
  it('says what it would do and sends nothing', async () => {
    const world = await new RecoveryUnderTest({ policy: 'manual' }).ready();
    await world.restart();
    await requestRecovery(world.process(), 'payments', { ...asked(), dryRun: true });
    await world.settle();
    expect(world.sent).toEqual([]);
    expect(world.recoveries()[0]?.ended?.summary).toMatch(/it would need 1 approval/);
  });
});

it('records each success of a generation: the row says when the last one was', async () => {
  const world = await new RecoveryUnderTest().ready();
  const provenAt = async () => (await world.state.generations.newest('payments'))?.value.provenAt ?? 0;
  await world.restart();
  await world.nudge();
  const first = await provenAt();
  expect(first).toBeGreaterThan(0);
  await world.clock.sleep(10 * 60_000);
  await world.restart();
  await world.nudge();
  expect(world.sealed()).toEqual([]);
  expect(await provenAt()).toBeGreaterThanOrEqual(first + 10 * 60_000);
});
