/**
 * When a message that was not taken is tried again, and by whom. Nothing is ever given up (rule 14): an entry
 * ends when its channel or the fallback took it.
 */
import type { Channel } from '../fleet/fleet.ts';
import type { OutboxEntry } from '../state/ports.ts';
import type { Message } from './alert.ts';
import type { Delivery } from './channel.ts';

export type Failure = Extract<Delivery, { delivered: false }>;

const second = 1000;
const minute = 60 * second;
/** Pauses after the first, second, … failure, ms; the last one repeats. */
const pauses = [5 * second, 15 * second, 30 * second, minute, 2 * minute, 5 * minute] as const;
/** A hook that is gone may be mended: asked rarely, not never. */
const unrecoverablePause = 30 * minute;
/** No attempt is put off for longer than this, ms, with some room for clocks that differ. */
export const furthestAttempt = unrecoverablePause + minute;
/** A channel that may recover has this many attempts and this long, ms, before its fallback takes the message. */
const ownAttempts = 3;
const ownTime = minute;

/**
 * Earliest next attempt, ms.
 *
 * @param failures so far, this one included.
 */
export function nextAttempt(failures: number, retryAfterMs: number | undefined, now: number): number {
  const pause = pauses[Math.min(Math.max(failures, 1), pauses.length) - 1] ?? 5 * minute;
  return now + Math.max(pause, retryAfterMs ?? 0);
}

/** Attempts after which a channel that may recover counts as not delivering. */
export const failedAttempts = ownAttempts;

/** Whether only a person can mend what `lastFailure` says. */
export function needsMending(lastFailure: string): boolean {
  return /^(refused|gone|redirect|config):/.test(lastFailure);
}

/** Whether the receiver takes nothing just now: another message would fare no better. */
export function mayRecover({ reason }: Failure): boolean {
  return reason === 'throttled' || reason === 'timeout' || reason === 'network' || reason === 'unavailable';
}

/** `lastFailure` of an entry: "<reason>: <detail>". */
export function failureText({ reason, detail }: Failure): string {
  return `${reason}: ${detail}`;
}

interface Next {
  /** The entry to store: one attempt more, due again, perhaps on another channel; its claim released. */
  entry: OutboxEntry;
  /** The channel that failed. */
  failed: string;
  /** `fallback`: the next attempt goes to another channel, at once. */
  kind: 'retry' | 'fallback';
}

/**
 * What follows a failed attempt. The fallback is tried at once when the channel cannot recover; when it may, after
 * three attempts, or as soon as it is plain that it will not be asked again within a minute of the message. Where
 * the fallback fails as well, its own fallback is next; after the last of them, the channel itself again.
 *
 * @param entry as it was sent: `attempts` without this one.
 */
export function afterFailure(entry: OutboxEntry, failure: Failure, channels: Channel[], now: number): Next {
  const { claimedUntil: _claim, effect, ...rest } = entry;
  const free = { ...rest, attempts: entry.attempts + 1, lastFailure: failureText(failure) };
  const notBefore = nextAttempt(free.attempts, failure.retryAfterMs, now);
  if (effect.kind === 'history') {
    return { kind: 'retry', failed: 'history', entry: { ...free, effect, dueAt: notBefore } };
  }
  const { channel: failed, message } = effect;
  const pass = (channel: string, passed: Message, lastFailure: string): Next => {
    const over = { kind: 'message', channel, message: passed } as const;
    return { kind: 'fallback', failed, entry: { ...free, effect: over, dueAt: now, lastFailure } };
  };
  const { insteadOf, ...own } = message;
  if (insteadOf) {
    const lastFailure = `${entry.lastFailure ?? insteadOf.why}; fallback ${failed}: ${free.lastFailure}`;
    const next = nextInChain(insteadOf.channel, failed, channels);
    if (next !== undefined) return pass(next, message, lastFailure);
    const back = { kind: 'message', channel: insteadOf.channel, message: own } as const;
    // A time that a wrong clock wrote must not silence the channel.
    const dueAt = Math.max(notBefore, Math.min(insteadOf.notBefore, now + unrecoverablePause));
    return { kind: 'retry', failed, entry: { ...free, effect: back, dueAt, lastFailure } };
  }
  const fallback = nextInChain(failed, failed, channels);
  const tired = !failure.recoverable || free.attempts >= ownAttempts || notBefore - entry.createdAt > ownTime;
  if (tired && fallback !== undefined) {
    const passed = { ...own, insteadOf: { channel: failed, why: free.lastFailure, notBefore } };
    return pass(fallback, passed, free.lastFailure);
  }
  const dueAt = failure.recoverable ? notBefore : now + unrecoverablePause;
  return { kind: 'retry', failed, entry: { ...free, effect, dueAt } };
}

/** Who is asked after `failed` for a message meant for `first`; undefined when each of them was. */
function nextInChain(first: string, failed: string, channels: Channel[]): string | undefined {
  const chain = [first];
  for (let next = fallbackOf(first, channels); next !== undefined && !chain.includes(next); ) {
    chain.push(next);
    next = fallbackOf(next, channels);
  }
  const at = chain.indexOf(failed);
  return at === -1 ? undefined : chain[at + 1];
}

/** A channel that left fleet.yaml has no fallback of its own any more: the first one there is takes its messages. */
function fallbackOf(name: string, channels: Channel[]): string | undefined {
  const channel = channels.find((each) => each.name === name);
  return channel ? channel.fallback : channels[0]?.name;
}
