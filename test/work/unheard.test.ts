/** An alert that fired when nobody listened is told once somebody does. */
import { expect, it } from 'vitest';
import { FleetUnderTest, intervalMs } from './fleet-under-test.ts';

const channels = 'channels: {chat: {kind: slack, url: "env:SECRET_CHAT", minimumSeverity: critical}}';

it('a channel that is added hears of what is already wrong, once', async () => {
  const fleet = new FleetUnderTest();
  await fleet.sweep();
  fleet.simulation().apply({ kind: 'seal', node: 'payments-2' });
  await fleet.sweep(intervalMs);
  expect(fleet.posted).toEqual([]);

  fleet.yaml = fleet.yaml.replace('version: 1', `version: 1\n${channels}`);
  await fleet.sweep(intervalMs);
  await fleet.sweep(intervalMs);
  expect(fleet.taken('chat').map(({ headline }) => headline)).toEqual(['payments: node sealed: payments-2']);
});

it('a channel that wants to hear of less than before hears of it, too', async () => {
  const fleet = new FleetUnderTest({ top: channels });
  await fleet.sweep();
  fleet.simulation().apply({ kind: 'kill', node: 'payments-2' });
  for (let sweeps = 0; sweeps < 3; sweeps += 1) await fleet.sweep(intervalMs);
  expect(fleet.taken('chat')).toEqual([]);

  fleet.yaml = fleet.yaml.replace('minimumSeverity: critical', 'minimumSeverity: info');
  await fleet.sweep(intervalMs);
  const [message] = fleet.taken('chat');
  expect(message?.changes.map(({ change, finding }) => `${change} ${finding.code}`)).toContain(
    'fired node-unreachable',
  );
});
