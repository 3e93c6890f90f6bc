/** What stops a rotation: recoveries and holds of every cluster that unseals with it, and of who unseals those. */
import { describe, expect, it } from 'vitest';
import type { Recovery } from '../../../shared/recovery/recovery.ts';
import { blockedBy } from '../../../shared/work/rotate/turn/blocked.ts';
import { ManualClock } from '../../fakes/clock.ts';
import { aRecovery, ended } from '../../fakes/state/recover-examples.ts';
import { fleetOf } from '../../fleet/builders.ts';
import { World } from './world/world.ts';

const fleet = fleetOf(`
version: 1
clusters:
  root: {nodes: ["https://root-0:8200"]}
  payments: {nodes: ["https://payments-0:8200"], seal: {type: transit, provider: root, key: shared}}
  orders: {nodes: ["https://orders-0:8200"], seal: {type: transit, provider: root, key: shared}}
  other: {nodes: ["https://other-0:8200"]}
`);

const minute = 60_000;
const clock = new ManualClock();

type Deps = Parameters<typeof blockedBy>[0];

function blocks(over: Partial<Deps> = {}) {
  const nothing: Deps = {
    recoveries: async () => ({ rows: [], unreadable: [] }),
    hold: async () => undefined,
    clock,
  };
  return blockedBy({ ...nothing, ...over }, fleet, ['payments', 'orders']);
}

const busy = (of: string, over: Partial<Recovery> = {}) => ({
  recoveries: async (cluster: string) => ({
    rows: cluster === of ? [aRecovery({ id: `${of}.one`, cluster: of, ...over })] : [],
    unreadable: [],
  }),
});
const waiting = (...steps: NonNullable<NonNullable<Recovery['waiting']>['steps']>) => ({
  waiting: { what: 'something', until: 0, steps },
});

describe('a recovery', () => {
  it.each(['payments', 'orders', 'root'])('of %s is in the way of all but repairs', async (of) => {
    expect(await blocks(busy(of))).toEqual([{ why: `the end of recovery ${of}.one`, evenRepairs: false }]);
  });

  it('of a cluster that has nothing to do with it is not', async () => {
    expect(await blocks(busy('other'))).toEqual([]);
  });

  it('that has ended, or only tries, is not', async () => {
    const rows = [ended(aRecovery()), aRecovery({ dryRun: true })];
    expect(await blocks({ recoveries: async () => ({ rows, unreadable: [] }) })).toEqual([]);
  });

  it('that waits for restarts and for nothing else is not: a rotation may bring what they wait for', async () => {
    expect(await blocks(busy('payments', waiting('await-restart')))).toEqual([]);
    expect(await blocks(busy('payments', waiting('await-restart', 'await-restart')))).toEqual([]);
    expect(await blocks(busy('payments', waiting('await-restart', 'unseal-node')))).toHaveLength(1);
    expect(await blocks(busy('payments', waiting()))).toHaveLength(1);
  });

  it('that cannot be read may be open', async () => {
    const unreadable = [{ partition: 'payments', row: 'r-one', why: 'it is damaged' }];
    const rows = await blocks({ recoveries: async () => ({ rows: [], unreadable }) });
    expect(rows[0]).toEqual({
      why: 'a row of table recoveries of payments cannot be read: one may be open',
      evenRepairs: false,
    });
    const gone = await blocks({ recoveries: async () => Promise.reject(new Error('403')) });
    expect(gone.map(({ why, evenRepairs }) => [why, evenRepairs])).toEqual(
      ['payments', 'orders', 'root'].map((of) => [
        `table recoveries cannot be read: one of ${of} may be open`,
        false,
      ]),
    );
  });
});

describe('a hold', () => {
  const until = (at: number) => ({
    hold: async (cluster: string) =>
      cluster === 'root' ? { cluster, by: 'Ada', reason: 'maintenance', until: at } : undefined,
  });

  it('is in the way of repairs, too, until it ends', async () => {
    expect(await blocks(until(clock.now() + 1))).toEqual([
      { why: 'the end of a hold on root (maintenance)', evenRepairs: true },
    ]);
    expect(await blocks(until(clock.now()))).toEqual([]);
  });

  it('that cannot be read may be there', async () => {
    const rows = await blocks({ hold: async () => Promise.reject(new Error('403')) });
    expect(rows.map(({ evenRepairs }) => evenRepairs)).toEqual([true, true, true]);
    expect(rows[0]?.why).toBe('table holds cannot be read: there may be a hold on payments');
  });
});

describe('during a recovery', () => {
  const open = async () => ({ rows: [aRecovery()], unreadable: [] });
  const day = 24 * 60 * minute;

  it('what is due waits, and begins once the recovery waits for a restart only', async () => {
    const world = new World();
    world.recoveries = open;
    await world.clock.advance(91 * day);
    await world.pass(3 * minute);
    expect(world.rotation).toBeUndefined();
    world.recoveries = async () => ({ rows: [aRecovery(waiting('await-restart'))], unreadable: [] });
    await world.pass(3 * minute);
    expect(world.rotation).toMatchObject({ stage: 'verified', repairs: false });
  });

  it('what is under way stands still, and goes on after it', async () => {
    const world = new World();
    await world.clock.advance(91 * day);
    await world.turn();
    world.recoveries = open;
    await world.pass(5 * minute);
    expect(world.rotation).toMatchObject({
      stage: 'created',
      waiting: { what: `the end of recovery ${aRecovery().id}` },
    });
    world.recoveries = async () => ({ rows: [], unreadable: [] });
    await world.pass(3 * minute);
    expect(world.rotation?.stage).toBe('verified');
  });

  it('a dead secret is replaced, unless a person holds it', async () => {
    const world = new World();
    world.recoveries = open;
    world.hold = true;
    world.provider.revoke(world.provider.made[0]?.ref ?? '');
    await world.pass(3 * minute);
    expect(world.rotation).toBeUndefined();
    world.hold = false;
    await world.pass(3 * minute);
    expect(world.rotation).toMatchObject({ stage: 'verified', repairs: true });
    expect(world.broken).toEqual([]);
  });
});
