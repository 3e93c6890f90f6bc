import { expect, it } from 'vitest';
import { readStatus } from '../../shared/work/status.ts';
import { FleetUnderTest, intervalMs, unseal } from './fleet-under-test.ts';

const node = 'payments-2';

it('a node that is sealed and unsealed with every sweep is no storm of messages, and ends with a word', async () => {
  const fleet = new FleetUnderTest({ top: 'channels: {chat: {kind: slack, url: "env:SECRET_CHAT"}}' });
  await fleet.sweep();
  for (let sweeps = 0; sweeps < 120; sweeps += 1) {
    if (sweeps % 2 === 0) fleet.simulation().apply({ kind: 'seal', node });
    else unseal(fleet.simulation(), node);
    await fleet.sweep(intervalMs);
  }
  // Three alarms with their ends, one that it flaps; in an hour, a reminder at most.
  expect(fleet.taken('chat').length).toBeGreaterThanOrEqual(7);
  expect(fleet.taken('chat').length).toBeLessThanOrEqual(8);
  expect((await readStatus(fleet.main)).clusters[0]?.alerts.map(({ code }) => code)).toContain('node-sealed');
  for (let sweeps = 0; sweeps < 11; sweeps += 1) await fleet.sweep(intervalMs);
  expect(fleet.taken('chat').at(-1)?.kind).toBe('resolved');
  for (let sweeps = 0; sweeps < 40; sweeps += 1) await fleet.sweep(intervalMs);
  expect((await fleet.state.live.read('payments')).head?.value.alerts).toEqual([]);
  expect(fleet.taken('chat').at(-1)?.kind).toBe('resolved');
});
