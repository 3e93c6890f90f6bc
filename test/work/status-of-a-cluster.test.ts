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

it('of a cluster that nobody watches is refused by its name', async () => {
  expect(await showStatus((await watched()).main, 'nobody')).toEqual({
    ok: false,
    code: 'not-found',
    message: 'fleet.yaml has no cluster "nobody"',
  });
});
