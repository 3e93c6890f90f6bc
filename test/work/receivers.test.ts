/** Receivers, senders and storage that fail, each in its own way: none of them may silence what it is not about. */
import { describe, expect, it } from 'vitest';
import type { Delivery, Sender } from '../../shared/alert/channel.ts';
import { StateError } from '../../shared/state/errors.ts';
import type { History, OutboxEntry } from '../../shared/state/ports.ts';
import type { WatchDeps } from '../../shared/work/deps.ts';
import { deliverOne } from '../../shared/work/sweep.ts';
import { aMessage, anEntry } from '../fakes/state/examples.ts';
import { FleetUnderTest, intervalMs, unseal } from './fleet-under-test.ts';

const node = 'payments-2';
const never = new Promise<never>(() => undefined);
const alone = 'channels: {chat: {kind: slack, url: "env:SECRET_CHAT"}}';
const backed = `
channels:
  chat: {kind: slack, url: "env:SECRET_CHAT", fallback: backup}
  backup: {kind: slack, url: "env:SECRET_BACKUP"}`;

function fleetOf(top: string): FleetUnderTest {
  return new FleetUnderTest({ top, clusters: { payments: { yaml: 'notify: [chat]' } } });
}

function failing(
  reason: 'throttled' | 'unavailable' | 'timeout' | 'network',
  retryAfterMs?: number,
): Delivery {
  const wait = retryAfterMs === undefined ? {} : { retryAfterMs };
  return { delivered: false, reason, recoverable: true, ...wait, detail: 'as the test has it' };
}

/** A process of which one channel is sent to in another way. */
function sendingBy(fleet: FleetUnderTest, channel: string, deliver: Sender['deliver']): WatchDeps {
  const deps = fleet.process();
  return { ...deps, sender: (name, of) => (name === channel ? { deliver } : deps.sender(name, of)) };
}

async function owe(fleet: FleetUnderTest, ...entries: Partial<OutboxEntry>[]): Promise<void> {
  const { head } = await fleet.state.live.read('payments');
  const now = fleet.clock.now();
  const rows = entries.map((over, index) =>
    anEntry({
      id: `owed-${index}`,
      createdAt: now,
      dueAt: now,
      effect: { kind: 'message', channel: 'chat', message: aMessage({ id: `m-${index}` }) },
      ...over,
    }),
  );
  await fleet.state.live.commit('payments', head?.value, head?.etag, rows);
}

const headlines = (fleet: FleetUnderTest, channel: string) =>
  fleet
    .taken(channel)
    .filter(({ cluster }) => cluster === 'payments')
    .map(({ headline }) => headline);
const postsTo = (fleet: FleetUnderTest, channel: string) =>
  fleet.posted.filter((post) => post.channel === channel && post.message.cluster === 'payments');

describe('a channel whose secret is never read', () => {
  it('ends its attempt after 15 s, with its signal, and its fallback takes the message', async () => {
    const fleet = fleetOf(backed);
    await fleet.sweep();
    const signals: AbortSignal[] = [];
    const deps = sendingBy(fleet, 'chat', (_message, signal) => {
      signals.push(signal);
      return never;
    });
    fleet.simulation().apply({ kind: 'seal', node });
    for (let sweeps = 0; sweeps < 4; sweeps += 1) {
      const began = fleet.clock.now() + intervalMs;
      expect(await fleet.sweep(intervalMs, deps)).toMatchObject({ complete: true });
      expect(fleet.clock.now() - began).toBeLessThan(16_000);
    }
    expect(headlines(fleet, 'backup')).toEqual(['payments: node sealed: payments-2']);
    expect(fleet.taken('backup')[0]?.insteadOf?.why).toMatch(/^timeout: not sent within 15 s/);
    expect(signals.length).toBeGreaterThan(0);
    expect(signals.every(({ aborted }) => aborted)).toBe(true);
  });
});

describe('a message that cannot be rendered', () => {
  it('goes to the fallback, is kept where that cannot either, and keeps nobody from being told', async () => {
    const fleet = fleetOf(alone);
    await fleet.sweep();
    const inner = fleet.process().sender('chat', fleet.fleet);
    const deps = sendingBy(fleet, 'chat', (message, signal) => {
      if (message.id === 'm-0') throw new RangeError('Invalid time value');
      return inner?.deliver(message, signal) ?? never;
    });
    await owe(fleet, { createdAt: 1, dueAt: 1 });
    fleet.simulation().apply({ kind: 'seal', node });
    for (let sweeps = 0; sweeps < 4; sweeps += 1) {
      expect(await fleet.sweep(intervalMs, deps)).toMatchObject({ complete: true });
    }
    expect(headlines(fleet, 'chat')).toEqual(['payments: node sealed: payments-2']);
    const [kept] = (await fleet.state.live.read('payments')).outbox;
    expect(kept?.value).toMatchObject({
      attempts: 1,
      lastFailure: 'config: this message cannot be rendered or sent: see the log of the watch app',
    });
  });
});

describe('history that cannot be written', () => {
  it('fails no sweep, is asked ever less often, and is written in the end', async () => {
    const fleet = fleetOf(alone);
    await fleet.sweep();
    const asked = new Map<unknown, number>();
    const append: History['append'] = async (transitions) => {
      asked.set(transitions[0]?.what, (asked.get(transitions[0]?.what) ?? 0) + 1);
      throw new StateError('denied', 'table history: no permission');
    };
    const deps = fleet.process({ state: { ...fleet.state, history: { append } } });
    fleet.simulation().apply({ kind: 'seal', node });
    for (let sweeps = 0; sweeps < 40; sweeps += 1) {
      expect(await fleet.sweep(intervalMs, deps)).toMatchObject({ complete: true, failed: [] });
    }
    expect(headlines(fleet, 'chat')).toEqual(['payments: node sealed: payments-2']);
    // 20 min: after 5, 15, 30, 60, 120 s, then every 5 min; each at the next sweep.
    expect(Math.max(...asked.values())).toBeLessThan(10);
    const [kept] = (await fleet.state.live.read('payments')).outbox;
    expect(kept?.value.lastFailure).toBe('unavailable: table history: no permission');
    for (let sweeps = 0; sweeps < 11; sweeps += 1) await fleet.sweep(intervalMs);
    expect(fleet.state.transitions()).toContainEqual(
      expect.objectContaining({ what: `node:${node}`, to: 'sealed' }),
    );
    expect(await fleet.outbox()).toEqual([]);
  });
});

describe('a channel that is throttled for longer than a minute', () => {
  it('has its messages taken by the fallback at once, later ones too', async () => {
    const fleet = fleetOf(backed);
    await fleet.sweep();
    fleet.answers.set('chat', failing('throttled', 900_000));
    fleet.simulation().apply({ kind: 'seal', node });
    await fleet.sweep(intervalMs);
    await fleet.passTime(deliverOne(fleet.main, 'payments'));
    expect(headlines(fleet, 'backup')).toEqual(['payments: node sealed: payments-2']);
    unseal(fleet.simulation(), node);
    await fleet.sweep(intervalMs);
    await fleet.passTime(deliverOne(fleet.main, 'payments'));
    expect(headlines(fleet, 'backup')).toHaveLength(2);
    expect((await fleet.state.live.read('payments')).outbox).toEqual([]);
  });

  it('for a few seconds only does not hold later messages back where there is a fallback', async () => {
    const fleet = fleetOf(backed);
    await fleet.sweep();
    const now = fleet.clock.now();
    await owe(fleet, { dueAt: now + 600_000, attempts: 1, lastFailure: 'throttled: 429' }, {});
    await fleet.sweep();
    expect(postsTo(fleet, 'chat').map(({ message }) => message.id)).toEqual(['m-1']);
  });
});

describe('a receiver that does not answer', () => {
  it.each(['timeout', 'network', 'unavailable'] as const)('(%s) is asked once a sweep', async (reason) => {
    const fleet = fleetOf(alone);
    await fleet.sweep();
    await owe(fleet, {}, {}, {}, {}, {});
    fleet.answers.set('chat', failing(reason));
    for (let sweeps = 1; sweeps <= 3; sweeps += 1) {
      await fleet.sweep(intervalMs);
      expect(postsTo(fleet, 'chat')).toHaveLength(sweeps);
    }
    fleet.answers.delete('chat');
    await fleet.sweep(intervalMs);
    expect(await fleet.outbox()).toEqual([]);
  });

  it('is not asked again for what the same sweep decides', async () => {
    const fleet = fleetOf(alone);
    await fleet.sweep();
    await owe(fleet, {});
    fleet.answers.set('chat', failing('timeout'));
    fleet.simulation().apply({ kind: 'seal', node });
    await fleet.sweep(intervalMs);
    expect(postsTo(fleet, 'chat').map(({ message }) => message.id)).toEqual(['m-0']);
  });

  it('gets an alarm that is slow to be taken before the all-clear of the same sweep', async () => {
    const fleet = fleetOf(alone);
    await fleet.sweep();
    fleet.answers.set('chat', failing('unavailable'));
    fleet.simulation().apply({ kind: 'seal', node });
    await fleet.sweep(intervalMs);
    fleet.answers.delete('chat');
    unseal(fleet.simulation(), node);
    const inner = fleet.process().sender('chat', fleet.fleet);
    const slow = sendingBy(fleet, 'chat', async (message, signal) => {
      if (message.kind === 'alert') await fleet.clock.sleep(10_000);
      return inner?.deliver(message, signal) ?? never;
    });
    await fleet.sweep(intervalMs, slow);
    expect(fleet.taken('chat').map(({ kind }) => kind)).toEqual(['alert', 'resolved']);
  });

  it('is another matter than one that refuses: there the next message is tried', async () => {
    const fleet = fleetOf(alone);
    await fleet.sweep();
    await owe(fleet, {}, {}, {});
    fleet.answers.set('chat', { delivered: false, reason: 'gone', recoverable: false, detail: 'HTTP 410' });
    await fleet.sweep(intervalMs);
    expect(postsTo(fleet, 'chat')).toHaveLength(3);
  });
});

describe('a row that a clock one day ahead wrote', () => {
  const day = 86_400_000;

  it.each<[string, Partial<OutboxEntry> & { dueAt: number }]>([
    ['is due', { dueAt: day }],
    ['is nobody’s', { dueAt: 0, claimedUntil: day }],
    ['holds nobody back', { dueAt: day, attempts: 1, lastFailure: 'throttled: 429' }],
  ])('%s', async (_, { dueAt, claimedUntil, ...over }) => {
    const fleet = fleetOf(alone);
    await fleet.sweep();
    const now = fleet.clock.now();
    const claim = claimedUntil !== undefined && { claimedUntil: now + claimedUntil };
    await owe(fleet, { ...over, createdAt: now + day, dueAt: now + dueAt, ...claim }, {});
    await fleet.sweep(intervalMs);
    expect(postsTo(fleet, 'chat').map(({ message }) => message.id)).toEqual(['m-1', 'm-0']);
    expect(await fleet.outbox()).toEqual([]);
  });

  it('is left alone where the time is one of ours', async () => {
    const fleet = fleetOf(alone);
    await fleet.sweep();
    await owe(fleet, { dueAt: fleet.clock.now() + 30 * 60_000 });
    await fleet.sweep(intervalMs);
    expect(fleet.posted).toEqual([]);
  });
});
