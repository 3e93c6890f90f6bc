import { describe, expect, it } from 'vitest';
import { afterFailure, type Failure, nextAttempt } from '../../shared/alert/retry.ts';
import type { Channel } from '../../shared/fleet/fleet.ts';
import type { OutboxEntry } from '../../shared/state/ports.ts';
import { message, night } from './build.ts';

const minute = 60_000;

function channel(name: string, fallback?: string): Channel {
  const url = `https://hooks.example.com/${name}`;
  return {
    name,
    kind: 'slack',
    url,
    signingKeys: [],
    minimumSeverity: 'info',
    ...(fallback !== undefined && { fallback }),
  };
}

function entry(over: Partial<OutboxEntry> = {}): OutboxEntry {
  const effect = { kind: 'message', channel: 'ops', message: message() } as const;
  return { id: 'e-1', effect, createdAt: night, dueAt: night, attempts: 0, claimedUntil: night + 1, ...over };
}

const down: Failure = {
  delivered: false,
  reason: 'unavailable',
  recoverable: true,
  detail: 'hooks.example.com answered 500',
};
const gone: Failure = {
  delivered: false,
  reason: 'gone',
  recoverable: false,
  detail: 'hooks.example.com answered 404',
};
const alone = [channel('ops')];
const backed = [channel('ops', 'pager'), channel('pager')];

describe('the pause before the next attempt', () => {
  it.each([
    [1, 5],
    [2, 15],
    [3, 30],
    [4, 60],
    [5, 120],
    [6, 300],
    [7, 300],
    [1000, 300],
  ])('after failure %i is %i s', (failures, seconds) => {
    expect(nextAttempt(failures, undefined, night)).toBe(night + seconds * 1000);
  });

  it('is longer when the receiver asks for more, and no shorter when it asks for less', () => {
    expect(nextAttempt(1, 90_000, night)).toBe(night + 90_000);
    expect(nextAttempt(1, 0, night)).toBe(night + 5000);
  });
});

describe('a failed attempt', () => {
  it('is counted, explained, put off and released', () => {
    const next = afterFailure(entry(), down, alone, night);
    expect(next).toMatchObject({ kind: 'retry', failed: 'ops' });
    expect(next.entry).toEqual({
      id: 'e-1',
      effect: entry().effect,
      createdAt: night,
      dueAt: night + 5000,
      attempts: 1,
      lastFailure: 'unavailable: hooks.example.com answered 500',
    });
  });

  it('of a hook that is gone is repeated every half hour when there is no fallback', () => {
    expect(afterFailure(entry(), gone, alone, night)).toMatchObject({
      kind: 'retry',
      entry: { dueAt: night + 30 * minute },
    });
  });

  it('goes to the fallback at once when only a person can mend the channel', () => {
    const next = afterFailure(entry(), gone, backed, night);
    expect(next).toMatchObject({ kind: 'fallback', failed: 'ops', entry: { dueAt: night, attempts: 1 } });
    expect(next.entry.effect).toMatchObject({
      channel: 'pager',
      message: {
        id: 'payments-42',
        insteadOf: { channel: 'ops', why: 'gone: hooks.example.com answered 404' },
      },
    });
  });

  it.each([
    ['two attempts in a few seconds', { attempts: 1 }, 20_000, 'retry'],
    ['three attempts', { attempts: 2 }, 20_000, 'fallback'],
    ['a minute', { attempts: 0 }, minute, 'fallback'],
  ] as const)('of a channel that may recover, after %s: %s', (_, over, later, kind) => {
    expect(afterFailure(entry(over), down, backed, night + later).kind).toBe(kind);
  });

  it('goes to the fallback at once when the receiver asks for more time than a minute', () => {
    const asks = (retryAfterMs: number): Failure => ({ ...down, reason: 'throttled', retryAfterMs });
    expect(afterFailure(entry(), asks(15 * minute), backed, night)).toMatchObject({
      kind: 'fallback',
      entry: { dueAt: night, effect: { message: { insteadOf: { notBefore: night + 15 * minute } } } },
    });
    expect(afterFailure(entry(), asks(minute), backed, night).kind).toBe('retry');
    expect(afterFailure(entry(), asks(minute), backed, night + 1).kind).toBe('fallback');
    expect(afterFailure(entry(), asks(15 * minute), alone, night)).toMatchObject({
      kind: 'retry',
      entry: { dueAt: night + 15 * minute },
    });
  });

  it('of a fallback goes on along the chain, then begins again with the channel itself', () => {
    const chain = [channel('ops', 'pager'), channel('pager', 'mail'), channel('mail', 'ops')];
    let owed = entry();
    let now = night;
    const asked: string[] = [];
    for (let round = 0; round < 6; round += 1) {
      const { effect } = owed;
      if (effect.kind !== 'message') throw new Error('not a message');
      asked.push(`${effect.channel} for ${effect.message.insteadOf?.channel ?? 'itself'}`);
      const next = afterFailure(owed, gone, chain, now);
      expect(next.kind).toBe(effect.channel === 'mail' ? 'retry' : 'fallback');
      expect(next.failed).toBe(effect.channel);
      owed = next.entry;
      now = owed.dueAt;
    }
    expect(asked).toEqual([
      'ops for itself',
      'pager for ops',
      'mail for ops',
      'ops for itself',
      'pager for ops',
      'mail for ops',
    ]);
    const said = 'gone: hooks.example.com answered 404';
    expect(owed.lastFailure).toBe(`${said}; fallback pager: ${said}; fallback mail: ${said}`);
  });

  it('of a fallback that fleet.yaml does not name any more brings the channel itself back', () => {
    const first = afterFailure(entry(), gone, backed, night);
    expect(afterFailure(first.entry, gone, [channel('ops', 'mail'), channel('mail')], night)).toMatchObject({
      kind: 'retry',
      entry: { effect: { channel: 'ops' } },
    });
  });

  it('of the fallback is not put off by a time that a wrong clock wrote', () => {
    const skewed = afterFailure(entry(), gone, backed, night + 24 * 60 * minute);
    expect(afterFailure(skewed.entry, gone, backed, night).entry.dueAt).toBe(night + 30 * minute);
  });

  it('of the fallback brings the channel itself back, no sooner than it asked for', () => {
    const first = afterFailure(entry({ attempts: 2 }), { ...down, retryAfterMs: 10 * minute }, backed, night);
    const second = afterFailure(first.entry, gone, backed, night + 1000);
    expect(second).toMatchObject({ kind: 'retry', failed: 'pager' });
    expect(second.entry).toEqual({
      id: 'e-1',
      effect: entry().effect,
      createdAt: night,
      dueAt: night + 10 * minute,
      attempts: 4,
      lastFailure:
        'unavailable: hooks.example.com answered 500; fallback pager: gone: hooks.example.com answered 404',
    });
  });

  it('of a channel that left fleet.yaml goes to the first channel there is', () => {
    const removed: Failure = {
      delivered: false,
      reason: 'config',
      recoverable: false,
      detail: 'no such channel',
    };
    expect(afterFailure(entry(), removed, [channel('new')], night).entry.effect).toMatchObject({
      channel: 'new',
    });
    expect(afterFailure(entry(), removed, [], night)).toMatchObject({
      kind: 'retry',
      entry: { dueAt: night + 30 * minute },
    });
  });

  it('never drops an entry, however long both channels fail', () => {
    let owed = entry();
    let now = night;
    const asked = new Set<string>();
    for (let round = 0; round < 500; round += 1) {
      if (owed.effect.kind === 'message') asked.add(owed.effect.channel);
      const next = afterFailure(owed, round % 3 === 0 ? gone : down, backed, now);
      expect(next.entry.dueAt).toBeLessThanOrEqual(now + 30 * minute);
      expect(next.entry.effect).toMatchObject({ message: { id: 'payments-42' } });
      now = Math.max(now, next.entry.dueAt);
      owed = next.entry;
    }
    expect([...asked]).toEqual(['ops', 'pager']);
  });
});
