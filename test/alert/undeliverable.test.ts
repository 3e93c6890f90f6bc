import { expect, it } from 'vitest';
import { owedOf } from '../../shared/alert/owed.ts';
import { judgeUndeliverable } from '../../shared/alert/undeliverable.ts';
import { verdictOf } from '../../shared/finding.ts';
import type { OutboxEntry } from '../../shared/state/ports.ts';
import { message, night } from './build.ts';

const channels = [{ name: 'ops', fallback: 'pager' }, { name: 'pager' }];

function owed(attempts: number, lastFailure?: string, over: Partial<OutboxEntry> = {}): OutboxEntry {
  const effect = { kind: 'message', channel: 'ops', message: message() } as const;
  const failure = lastFailure !== undefined && { lastFailure };
  return { id: `e-${attempts}`, effect, createdAt: night, dueAt: night, attempts, ...failure, ...over };
}

const verdict = (entries: OutboxEntry[], name = 'ops') =>
  verdictOf(judgeUndeliverable(owedOf(entries), channels), 'alert-undeliverable', { kind: 'channel', name });

it('a channel that owes nothing, or was not tried yet, is well', () => {
  expect(verdict([])).toEqual({ state: 'absent' });
  expect(verdict([owed(0)])).toEqual({ state: 'absent' });
});

it('a channel whose messages are still being tried is not judged', () => {
  expect(verdict([owed(2, 'unavailable: x answered 500')])).toMatchObject({ state: 'unjudged' });
});

it('a channel is well only where all that is owed was read', () => {
  const inPart = (entries: OutboxEntry[]) =>
    verdictOf(judgeUndeliverable(owedOf(entries), channels, {}, false), 'alert-undeliverable', {
      kind: 'channel',
      name: 'ops',
    });
  expect(inPart([])).toMatchObject({ state: 'unjudged' });
  expect(inPart([owed(3, 'network: x')])).toMatchObject({ state: 'present' });
});

it('a channel that failed three times is undeliverable, with the reason', () => {
  expect(verdict([owed(3, 'unavailable: x answered 500')])).toMatchObject({
    state: 'present',
    finding: {
      summary: 'channel ops does not take messages (unavailable)',
      evidence: [
        'unavailable: x answered 500',
        '1 message waits, the oldest since 2026-03-01T02:14:00.000Z',
        'its fallback is pager',
      ],
    },
  });
});

it('a channel that only a person can mend is undeliverable at once', () => {
  expect(verdict([owed(1, 'gone: x answered 404')])).toMatchObject({ state: 'present' });
});

it('a message that a fallback has counts for the channel it was meant for', () => {
  const insteadOf = { channel: 'ops', why: 'gone: x answered 404', notBefore: night };
  const effect = { kind: 'message', channel: 'pager', message: message({ insteadOf }) } as const;
  const entries = [owed(1, 'gone: x answered 404', { effect })];
  expect(verdict(entries)).toMatchObject({ state: 'present' });
  expect(verdict(entries, 'pager')).toEqual({ state: 'absent' });
});

it('says the same while ever more messages wait', () => {
  const one = verdict([owed(3, 'network: x: connection failed (ECONNREFUSED)')]);
  const two = verdict([owed(9, 'network: x: connection failed (ECONNREFUSED)'), owed(3, 'network: y')]);
  expect(one).toMatchObject({ finding: { summary: 'channel ops does not take messages (network)' } });
  expect(two).toMatchObject({ finding: { summary: 'channel ops does not take messages (network)' } });
});
