/**
 * When a message that was not taken is tried again, and by whom. Nothing is ever given up (rule 14): an entry
 * ends when its channel or the fallback took it.
 */
import type { Channel } from '../fleet/fleet.ts';
import type { OutboxEntry } from '../state/ports.ts';
import type { Delivery } from './channel.ts';

export type Failure = Extract<Delivery, { delivered: false }>;

const second = 1000;
const minute = 60 * second;
/** Pauses after the first, second, … failure, ms; the last one repeats. */
const pauses = [5 * second, 15 * second, 30 * second, minute, 2 * minute, 5 * minute] as const;
/** A hook that is gone may be mended: asked rarely, not never. */
const unrecoverablePause = 30 * minute;
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

/** `lastFailure` of an entry: "<reason>: <detail>". */
export function failureText({ reason, detail }: Failure): string {
  return `${reason}: ${detail}`;
}

interface Next {
  /** The entry to store: one attempt more, due again, perhaps on another channel; its claim released. */
  entry: OutboxEntry;
  /** The channel that failed. */
  failed: string;
  /** `fallback`: the next attempt goes to another channel. */
  kind: 'retry' | 'fallback';
}

/**
 * What follows a failed attempt. The fallback is tried at once when the channel cannot recover, and after three
 * attempts or a minute when it may; where the fallback fails as well, the channel itself is next again.
 *
 * @param entry as it was sent: `attempts` without this one.
 */
export function afterFailure(entry: OutboxEntry, failure: Failure, channels: Channel[], now: number): Next {
  const { claimedUntil: _claim, ...free } = entry;
  const attempts = entry.attempts + 1;
  const { effect } = entry;
  if (effect.kind === 'history') {
    const dueAt = nextAttempt(attempts, undefined, now);
    const owed = { ...free, attempts, dueAt, lastFailure: failureText(failure) };
    return { kind: 'retry', failed: 'history', entry: owed };
  }
  const failed = effect.channel;
  if (effect.message.insteadOf) {
    const { insteadOf, ...message } = effect.message;
    const back = { kind: 'message', channel: insteadOf.channel, message } as const;
    const lastFailure = `${insteadOf.why}; fallback ${failed}: ${failureText(failure)}`;
    const dueAt = Math.max(insteadOf.notBefore, nextAttempt(attempts, failure.retryAfterMs, now));
    return { kind: 'retry', failed, entry: { ...free, effect: back, attempts, dueAt, lastFailure } };
  }
  const lastFailure = failureText(failure);
  const notBefore = nextAttempt(attempts, failure.retryAfterMs, now);
  const tired = !failure.recoverable || attempts >= ownAttempts || now - entry.createdAt >= ownTime;
  const fallback = fallbackOf(failed, channels);
  if (tired && fallback !== undefined) {
    const message = { ...effect.message, insteadOf: { channel: failed, why: lastFailure, notBefore } };
    const over = { kind: 'message', channel: fallback, message } as const;
    return { kind: 'fallback', failed, entry: { ...free, effect: over, attempts, dueAt: now, lastFailure } };
  }
  const dueAt = failure.recoverable ? notBefore : now + unrecoverablePause;
  return { kind: 'retry', failed, entry: { ...free, attempts, dueAt, lastFailure } };
}

/** A channel that left fleet.yaml has no fallback of its own any more: the first one there is takes its messages. */
function fallbackOf(name: string, channels: Channel[]): string | undefined {
  const channel = channels.find((each) => each.name === name);
  return channel ? channel.fallback : channels[0]?.name;
}
