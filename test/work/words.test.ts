/** What people said, and what is said to queues and channels at the end of a decision. */
import { describe, expect, it } from 'vitest';
import { sweepOne } from '../../shared/work/sweep.ts';
import { FleetUnderTest, intervalMs } from './fleet-under-test.ts';

function oneChannel(): FleetUnderTest {
  return new FleetUnderTest({
    top: 'channels: {chat: {kind: slack, url: "env:SECRET_CHAT"}}',
    clusters: { payments: {}, orders: { yaml: 'labels: {team: core}' } },
  });
}

const minute = 60_000;

const holdOf = (fleet: FleetUnderTest, cluster: string, forMs: number) => ({
  cluster,
  by: 'ada',
  reason: 'a restore is under way',
  until: fleet.clock.now() + forMs,
});

const heard = (fleet: FleetUnderTest) =>
  fleet.taken('chat').map(({ headline, hold }) => [headline, hold?.by ?? 'no hold']);

describe('a hold', () => {
  it('is told with the messages of its own cluster while it stands, and not after', async () => {
    const fleet = oneChannel();
    await fleet.sweep();
    const hold = holdOf(fleet, 'payments', 10 * minute);
    // One that is over, and still stored, hides none that stands.
    fleet.state.standingHolds.push({ ...holdOf(fleet, 'payments', 0), by: 'bob' }, hold);
    fleet.simulation('payments').apply({ kind: 'seal', node: 'payments-2' });
    await fleet.sweep(intervalMs);
    expect(fleet.taken('chat')[0]?.hold).toEqual(hold);
    fleet.simulation('orders').apply({ kind: 'seal', node: 'orders-2' });
    await fleet.sweep(intervalMs);
    fleet.simulation('payments').apply({ kind: 'seal', node: 'payments-3' });
    await fleet.sweep(10 * minute);
    expect(heard(fleet).map(([headline, by]) => [headline?.split(':')[0], by])).toEqual([
      ['payments', 'ada'],
      ['orders', 'no hold'],
      ['payments', 'no hold'],
    ]);
  });

  it('is told by a look at one cluster, too, while it stands and not after', async () => {
    const fleet = oneChannel();
    await fleet.sweep();
    fleet.state.standingHolds.push(
      holdOf(fleet, 'orders', 20 * minute),
      holdOf(fleet, 'payments', 10 * minute),
    );
    fleet.simulation('payments').apply({ kind: 'seal', node: 'payments-2' });
    await fleet.passTime(sweepOne(fleet.main, 'payments'));
    await fleet.clock.advance(10 * minute);
    fleet.simulation('payments').apply({ kind: 'seal', node: 'payments-3' });
    await fleet.passTime(sweepOne(fleet.main, 'payments'));
    expect(heard(fleet).map(([, by]) => by)).toEqual(['ada', 'no hold']);
  });

  it('on the fleet is told with the fleet’s own messages', async () => {
    const fleet = oneChannel();
    await fleet.sweep();
    fleet.state.standingHolds.push(holdOf(fleet, 'fleet', 10 * minute));
    const good = fleet.yaml;
    fleet.yaml = good.replace('labels:', 'lables:');
    for (let sweeps = 0; sweeps < 3; sweeps += 1) await fleet.sweep(intervalMs);
    fleet.yaml = good;
    await fleet.sweep(10 * minute);
    expect(heard(fleet).map(([headline, by]) => [headline?.split(':')[0], by])).toEqual([
      ['fleet', 'ada'],
      ['fleet', 'no hold'],
    ]);
  });
});

describe('a nudge after a delivery that failed', () => {
  it('comes when its message is due again, and not before', async () => {
    const fleet = oneChannel();
    await fleet.sweep();
    fleet.answers.set('chat', {
      delivered: false,
      reason: 'throttled',
      recoverable: true,
      retryAfterMs: 2 * minute,
      detail: 'HTTP 429',
    });
    fleet.simulation('payments').apply({ kind: 'seal', node: 'payments-2' });
    await fleet.sweep(intervalMs);
    const { outbox } = await fleet.state.live.read('payments');
    const [nudge, ...more] = fleet.state.nudged;
    expect(nudge).toMatchObject({ queue: 'notify', cluster: 'payments' });
    expect(more).toEqual([]);
    const dueAt = outbox[0]?.value.dueAt ?? 0;
    expect(dueAt - (fleet.posted[0]?.at ?? 0)).toBeGreaterThanOrEqual(2 * minute);
    // The row's own wait, as it was when the row was put off: after the attempt, before the sweep ended.
    const putOffAt = dueAt - (nudge?.delayMs ?? 0);
    expect(putOffAt).toBeGreaterThanOrEqual(fleet.posted[0]?.at ?? 0);
    expect(putOffAt).toBeLessThanOrEqual(fleet.clock.now());
  });
});

describe('a cluster that leaves fleet.yaml', () => {
  it('has its last word sent in the sweep that forgets it', async () => {
    const fleet = oneChannel();
    await fleet.sweep();
    fleet.simulation('orders').apply({ kind: 'seal', node: 'orders-2' });
    await fleet.sweep(intervalMs);
    fleet.yaml = fleet.yaml.replace(/ {2}orders:\n[^]*$/, '');
    // One sweep to see that the file stays so, one to act on it.
    await fleet.sweep(intervalMs);
    await fleet.sweep(intervalMs);
    expect(heard(fleet).map(([headline]) => headline)).toEqual([
      'orders: node sealed: orders-2',
      'orders: no longer watched: node sealed: orders-2, after 1 min',
    ]);
    expect(await fleet.outbox()).toEqual([]);
  });
});
