/** An all-clear that overtakes its alarm leaves people with the alarm. */
import { describe, expect, it } from 'vitest';
import { FleetUnderTest, intervalMs, unseal } from './fleet-under-test.ts';

const node = 'payments-2';

function oneChannel(): FleetUnderTest {
  return new FleetUnderTest({ top: 'channels: {chat: {kind: slack, url: "env:SECRET_CHAT"}}' });
}

/** Sealed, told to a channel that answers like this, unsealed; then the channel works. */
async function sealAndUnseal(fleet: FleetUnderTest, answer: 'throttled' | 'refused'): Promise<void> {
  await fleet.sweep();
  fleet.answers.set(
    'chat',
    answer === 'throttled'
      ? {
          delivered: false,
          reason: 'throttled',
          recoverable: true,
          retryAfterMs: 120_000,
          detail: 'HTTP 429',
        }
      : { delivered: false, reason: 'refused', recoverable: false, detail: 'HTTP 400' },
  );
  fleet.simulation().apply({ kind: 'seal', node });
  await fleet.sweep(intervalMs);
  fleet.answers.delete('chat');
  unseal(fleet.simulation(), node);
  await fleet.sweep(intervalMs);
}

const changesOf = (fleet: FleetUnderTest): string[] =>
  fleet
    .taken('chat')
    .flatMap(({ changes }) => changes)
    .filter(({ finding }) => finding.code === 'node-sealed')
    .map(({ change }) => change);

describe('messages of one cluster to one channel', () => {
  it('wait behind one that the receiver throttles, for as long as it asked', async () => {
    const fleet = oneChannel();
    await sealAndUnseal(fleet, 'throttled');
    expect(changesOf(fleet)).toEqual([]);
    await fleet.sweep(120_000);
    await fleet.sweep(intervalMs);
    expect(changesOf(fleet)).toEqual(['fired', 'resolved']);
  });

  it('do not wait behind one that the receiver will never take', async () => {
    const fleet = oneChannel();
    await sealAndUnseal(fleet, 'refused');
    expect(changesOf(fleet)).toEqual(['resolved']);
  });

  it('are sent oldest first when several are due at once', async () => {
    const fleet = oneChannel();
    await fleet.sweep();
    fleet.answers.set('chat', {
      delivered: false,
      reason: 'unavailable',
      recoverable: true,
      detail: 'HTTP 500',
    });
    fleet.simulation().apply({ kind: 'seal', node });
    await fleet.sweep(intervalMs);
    unseal(fleet.simulation(), node);
    await fleet.sweep(intervalMs);
    fleet.answers.delete('chat');
    await fleet.sweep(10 * intervalMs);
    expect(changesOf(fleet)).toEqual(['fired', 'resolved']);
  });
});
