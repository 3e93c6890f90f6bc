/** What a person is shown of one cluster: that cluster, and whether anybody watches the fleet at all. */
import { expect, it } from 'vitest';
import { readStatus, showStatus } from '../../shared/work/status.ts';
import { sweep } from '../../shared/work/sweep.ts';
import { FleetUnderTest } from './fleet-under-test.ts';

async function watched(): Promise<FleetUnderTest> {
  const fleet = new FleetUnderTest({ clusters: { orders: {}, payments: {} } });
  await sweep(fleet.main);
  return fleet;
}

it('is what the status page has of it', async () => {
  const fleet = await watched();
  const all = await readStatus(fleet.main);
  expect(await showStatus(fleet.main)).toEqual({ ok: true, value: all });
  const [, payments] = all.clusters;
  expect(payments?.cluster).toBe('payments');
  expect(await showStatus(fleet.main, 'payments')).toEqual({
    ok: true,
    value: { ...all, clusters: [payments] },
  });
  expect(all).toMatchObject({ watching: 'yes', lastSweep: { complete: true } });
});

it('says which clusters were not swept of that one and of the fleet itself', async () => {
  const fleet = await watched();
  const last = await fleet.state.sweeps.last();
  if (!last) throw new Error('no sweep');
  const failed = ['fleet', 'orders', 'payments'].map((cluster) => ({ cluster, why: 'slow' }));
  await fleet.state.sweeps.save({ ...last, complete: false, failed });
  const shown = await showStatus(fleet.main, 'payments');
  expect(shown.ok && shown.value.notSwept.map(({ cluster }) => cluster)).toEqual(['fleet', 'payments']);
});

it('of a cluster that nobody watches is refused by its name', async () => {
  expect(await showStatus((await watched()).main, 'nobody')).toEqual({
    ok: false,
    code: 'not-found',
    message: 'fleet.yaml has no cluster "nobody"',
  });
});
