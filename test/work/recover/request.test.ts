/** How recoveries begin, and how a person takes one over. */
import { beforeEach, describe, expect, it } from 'vitest';
import type { Asked } from '../../../shared/work/recover/request.ts';
import { requestRecovery } from '../../../shared/work/recover/request.ts';
import { ada, grace, RecoveryUnderTest } from './recovery-under-test.ts';

let world: RecoveryUnderTest;
beforeEach(() => {
  world = new RecoveryUnderTest({ policy: 'manual' });
});

const asked = (over: Partial<Asked> & { takeOver?: boolean; approver?: boolean } = {}) => ({
  kind: 'unseal' as const,
  way: 'manual' as const,
  by: ada.id,
  byName: ada.name,
  reason: 'it is night',
  dryRun: false,
  lost: [],
  ...over,
});

async function opened(over: Parameters<typeof asked>[0] = {}, deps = world.process()): Promise<string> {
  const said = await requestRecovery(deps, 'payments', asked(over));
  if (!said.ok) throw new Error(said.message);
  return said.value.id;
}

const byGrace = { by: grace.id, byName: grace.name, reason: 'mine now', takeOver: true, approver: true };

describe('nodes that are called lost', () => {
  it('and that the cluster does not have are named, with those that it has', async () => {
    const lost = ['payments-9', 'payments-2', 'hvs.CAESIJ0xCAESIJ0xCAESIJ0x'];
    expect(await requestRecovery(world.process(), 'payments', asked({ lost }))).toEqual({
      ok: false,
      code: 'invalid',
      message: 'lost: payments has no node payments-9, [removed]; it has payments-1, payments-2, payments-3',
    });
    expect([world.recoveries(), world.state.audited]).toEqual([[], []]);
  });

  it('are kept with the recovery', async () => {
    await opened({ lost: ['payments-2', 'payments-3'] });
    expect(world.recoveries()).toMatchObject([{ lost: ['payments-2', 'payments-3'] }]);
  });
});

describe('taking over', () => {
  it('ends the open recovery, on record first, and opens a new one', async () => {
    const first = await opened();
    const second = await opened(byGrace);
    const [ended, open] = world.recoveries();
    expect(ended).toMatchObject({
      id: first,
      status: 'ended',
      ended: { outcome: 'taken-over', summary: 'taken over by Grace Hopper: mine now' },
    });
    expect(open).toMatchObject({ id: second, status: 'open', by: grace.id });
    expect(open).not.toHaveProperty('takeOver');
    expect(world.state.audited.map(({ who, what, recovery }) => [who, what, recovery])).toEqual([
      [ada.id, 'requested', first],
      [grace.id, 'ended', first],
      [grace.id, 'requested', second],
    ]);
  });

  it('is for whoever asked for the open one, or an approver: nobody else', async () => {
    const first = await opened();
    const { approver: _approver, ...operator } = byGrace;
    expect(await requestRecovery(world.process(), 'payments', asked(operator))).toMatchObject({
      code: 'forbidden',
      message: expect.stringContaining('Sealwatch.Approve') as string,
    });
    expect(world.recoveries()).toMatchObject([{ id: first, status: 'open' }]);
    await opened({ takeOver: true });
    expect(world.recoveries()).toMatchObject([{ ended: { outcome: 'taken-over' } }, { status: 'open' }]);
  });

  it('is nothing for a dry run: a look ends nothing', async () => {
    const first = await opened();
    const said = await requestRecovery(world.process(), 'payments', asked({ ...byGrace, dryRun: true }));
    expect(said).toMatchObject({ code: 'invalid', message: expect.stringMatching(/^dryRun/) as string });
    expect(world.recoveries()).toMatchObject([{ id: first, status: 'open' }]);
  });

  it('of nothing is a request like any other', async () => {
    await opened(byGrace);
    expect(world.recoveries()).toMatchObject([{ status: 'open', by: grace.id }]);
    expect(world.state.audited.map(({ what }) => what)).toEqual(['requested']);
  });

  it('reads the row anew where a pass was faster', async () => {
    await opened();
    const deps = world.process();
    const active = (cluster: string) => world.state.recoveries.active(cluster);
    let faster = 2;
    const recoveries = {
      ...deps.state.recoveries,
      async active(cluster: string) {
        const stored = await active(cluster);
        if (stored && faster-- > 0) {
          const passes = stored.value.passes + 1;
          await world.state.recoveries.save({ ...stored, value: { ...stored.value, passes } });
        }
        return stored;
      },
    };
    await opened(byGrace, { ...deps, state: { ...deps.state, recoveries } });
    expect(world.recoveries()).toMatchObject([{ ended: { outcome: 'taken-over' } }, { status: 'open' }]);
    expect(world.state.audited.filter(({ what }) => what === 'ended')).toHaveLength(1);
  });

  it('gives up where a pass is always faster, and changes nothing', async () => {
    const first = await opened();
    const deps = world.process();
    const recoveries = { ...deps.state.recoveries, end: async () => 'conflict' as const };
    const stuck = { ...deps, state: { ...deps.state, recoveries } };
    const said = await requestRecovery(stuck, 'payments', asked(byGrace));
    expect(said).toMatchObject({ ok: false, code: 'busy' });
    expect(world.recoveries()).toMatchObject([{ id: first, status: 'open' }]);
  });

  it('with a reason that is none ends nothing', async () => {
    await opened();
    const said = await requestRecovery(world.process(), 'payments', asked({ ...byGrace, reason: ' ' }));
    expect(said).toMatchObject({ ok: false, code: 'invalid' });
    expect(world.recoveries()).toMatchObject([{ status: 'open', by: ada.id }]);
  });
});
