/** Who heard an alarm hears its end, whatever fleet.yaml says by then. */
import { describe, expect, it } from 'vitest';
import { FleetUnderTest, intervalMs, unseal } from './fleet-under-test.ts';

const node = 'payments-2';

function fleetOf(): FleetUnderTest {
  return new FleetUnderTest({
    top: `
channels:
  chat: {kind: slack, url: "env:SECRET_CHAT", minimumSeverity: warning}
  ops: {kind: slack, url: "env:SECRET_OPS"}
  other: {kind: slack, url: "env:SECRET_OTHER"}`,
    clusters: { orders: {}, payments: { yaml: 'notify: [chat]' } },
  });
}

async function sealed(fleet: FleetUnderTest): Promise<void> {
  await fleet.sweep();
  fleet.simulation('payments').apply({ kind: 'seal', node });
  await fleet.sweep(intervalMs);
}

function withoutPayments(fleet: FleetUnderTest): void {
  fleet.yaml = fleet.yaml.slice(0, fleet.yaml.indexOf('  payments:'));
}

const heard = (fleet: FleetUnderTest, channel: string) => fleet.taken(channel).map(({ kind }) => kind);

describe('the end of an alert', () => {
  it('is told to whom it was told, and to whom it would be told now', async () => {
    const fleet = fleetOf();
    await sealed(fleet);
    fleet.yaml = fleet.yaml.replace('notify: [chat]', 'notify: [ops]');
    await fleet.sweep(intervalMs);
    unseal(fleet.simulation('payments'), node);
    await fleet.sweep(intervalMs);
    expect(heard(fleet, 'chat')).toEqual(['alert', 'resolved']);
    expect(heard(fleet, 'ops')).toEqual(['resolved']);
    expect(heard(fleet, 'other')).toEqual([]);
  });

  it('is not hidden by a minimumSeverity that grew', async () => {
    const fleet = fleetOf();
    await fleet.sweep();
    fleet.simulation('payments').apply({ kind: 'faults', node, faults: { hang: true } });
    for (let sweeps = 0; sweeps < 8; sweeps += 1) await fleet.sweep(intervalMs);
    expect(heard(fleet, 'chat')).toEqual(['alert']);
    expect(fleet.taken('chat')[0]?.severity).toBe('warning');
    fleet.yaml = fleet.yaml.replace('minimumSeverity: warning', 'minimumSeverity: critical');
    fleet.simulation('payments').apply({ kind: 'faults', node, faults: { hang: false } });
    for (let sweeps = 0; sweeps < 3; sweeps += 1) await fleet.sweep(intervalMs);
    expect(heard(fleet, 'chat')).toEqual(['alert', 'resolved']);
  });

  it('is told to who heard a reminder only', async () => {
    const fleet = fleetOf();
    await sealed(fleet);
    fleet.yaml = fleet.yaml.replace('notify: [chat]', 'notify: [ops]');
    for (let sweeps = 0; sweeps < 130; sweeps += 1) await fleet.sweep(intervalMs);
    expect(heard(fleet, 'ops')[0]).toBe('reminder');
    fleet.yaml = fleet.yaml.replace('notify: [ops]', 'notify: [other]');
    unseal(fleet.simulation('payments'), node);
    await fleet.sweep(intervalMs);
    expect(['chat', 'ops', 'other'].map((channel) => heard(fleet, channel).at(-1))).toEqual([
      'resolved',
      'resolved',
      'resolved',
    ]);
  });

  it('is told once the channel that heard the alarm is gone, to those that are left', async () => {
    const fleet = fleetOf();
    await sealed(fleet);
    fleet.yaml = fleet.yaml.replace(/ *chat: .*\n/, '').replace('notify: [chat]', 'notify: [ops]');
    await fleet.sweep(intervalMs);
    unseal(fleet.simulation('payments'), node);
    await fleet.sweep(intervalMs);
    expect(heard(fleet, 'ops')).toEqual(['resolved']);
    expect(await fleet.outbox()).toEqual([]);
  });
});

describe('a cluster that leaves fleet.yaml', () => {
  it('is said farewell to by those who heard of it, and by nobody else', async () => {
    const fleet = fleetOf();
    await sealed(fleet);
    withoutPayments(fleet);
    for (let sweeps = 0; sweeps < 2; sweeps += 1) await fleet.sweep(intervalMs);
    expect(heard(fleet, 'chat')).toEqual(['alert', 'resolved']);
    expect([...heard(fleet, 'ops'), ...heard(fleet, 'other')]).toEqual([]);
  });

  it.each([
    ['an older version did not note who heard of it', false],
    ['none of those who heard of it is left', true],
  ])('is told to all where %s', async (_, noted) => {
    const fleet = fleetOf();
    await sealed(fleet);
    const { head } = await fleet.state.live.read('payments');
    const alerts = (head?.value.alerts ?? []).map(({ toldTo: _channels, ...alert }) =>
      noted ? { ...alert, toldTo: ['former'] } : alert,
    );
    if (head) await fleet.state.live.commit('payments', { ...head.value, alerts }, head.etag, []);
    withoutPayments(fleet);
    for (let sweeps = 0; sweeps < 2; sweeps += 1) await fleet.sweep(intervalMs);
    const last = ['chat', 'ops', 'other'].map((channel) => heard(fleet, channel).at(-1));
    expect(last).toEqual(['resolved', 'resolved', 'resolved']);
  });
});
