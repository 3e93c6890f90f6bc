/**
 * Sends what an outbox owes: claim by ETag, POST, remove. A failure puts the row off and leaves a nudge; the row
 * itself stays until something took the message, so a crash at any point is healed by the next sweep, at the
 * price of at most one duplicate with the same id.
 */
import type { Delivery } from '../alert/channel.ts';
import { afterFailure, failureText } from '../alert/retry.ts';
import type { Fleet } from '../fleet/fleet.ts';
import type { OutboxEntry, Stored } from '../state/ports.ts';
import type { WatchDeps } from './deps.ts';

/** One sender works on a row for at most this long, ms: longer than a POST may take. */
const claimMs = 30_000;
/** Time for one POST with everything around it, ms. */
const sendMs = 15_000;

/** What a delivery says of a channel: undefined `failure`: it took a message; else a fallback has to. */
export interface ChannelOutcome {
  channel: string;
  failure?: string;
}

interface Attempt {
  outcome?: ChannelOutcome;
  /** The receiver asked us to wait: what comes after this one waits behind it. */
  throttled?: boolean;
}

/**
 * Sends what is due, each channel's messages one after the other and oldest first: an all-clear must not overtake its
 * alarm. Behind a message that the receiver throttles the others wait; behind one that it refuses they do not.
 * Never throws for a receiver; storage errors reject.
 *
 * @param ahead entries of the same cluster that are older than all of `entries`.
 */
export async function deliverDue(
  deps: WatchDeps,
  fleet: Fleet,
  cluster: string,
  entries: Stored<OutboxEntry>[],
  ahead: Stored<OutboxEntry>[] = [],
): Promise<ChannelOutcome[]> {
  const now = deps.clock.now();
  const waiting = new Set([...ahead, ...entries].filter(({ value }) => isThrottled(value, now)).map(routeOf));
  const due = entries
    .filter(({ value }) => value.dueAt <= now && (value.claimedUntil ?? 0) <= now)
    .sort((a, b) => a.value.createdAt - b.value.createdAt || a.value.id.localeCompare(b.value.id));
  const routes = Map.groupBy(due, routeOf);
  const outcomes = await Promise.all(
    [...routes].map(async ([route, rows]) => {
      const told: ChannelOutcome[] = [];
      if (waiting.has(route)) return told;
      for (const row of rows) {
        const { outcome, throttled } = await deliverEntry(deps, fleet, cluster, row);
        if (outcome) told.push(outcome);
        if (throttled) break;
      }
      return told;
    }),
  );
  return outcomes.flat();
}

function isThrottled({ dueAt, lastFailure }: OutboxEntry, now: number): boolean {
  return dueAt > now && lastFailure?.startsWith('throttled:') === true;
}

function routeOf({ value: { effect } }: Stored<OutboxEntry>): string {
  return effect.kind === 'message' ? `channel ${effect.channel}` : effect.kind;
}

async function deliverEntry(
  deps: WatchDeps,
  fleet: Fleet,
  cluster: string,
  entry: Stored<OutboxEntry>,
): Promise<Attempt> {
  const { live, history } = deps.state;
  const value = { ...entry.value, claimedUntil: deps.clock.now() + claimMs };
  const claimed = await live.update(cluster, { value, etag: entry.etag });
  if (claimed === 'conflict' || claimed === 'gone') return {};
  const { effect } = claimed.value;
  if (effect.kind === 'history') {
    await history.append(effect.transitions);
    await live.remove(cluster, claimed);
    return {};
  }
  const delivery = await send(deps, fleet, effect);
  if (delivery.delivered) {
    deps.log.info('message-delivered', { cluster, channel: effect.channel, id: effect.message.id });
    await live.remove(cluster, claimed);
    return { outcome: { channel: effect.channel } };
  }
  return putOff(deps, fleet, cluster, claimed, delivery);
}

async function send(
  deps: WatchDeps,
  fleet: Fleet,
  effect: Extract<OutboxEntry['effect'], { kind: 'message' }>,
): Promise<Delivery> {
  const sender = deps.sender(effect.channel, fleet);
  if (!sender) {
    const detail = `fleet.yaml has no channel ${effect.channel} any more`;
    return { delivered: false, reason: 'config', recoverable: false, detail };
  }
  return sender.deliver(effect.message, AbortSignal.timeout(sendMs));
}

async function putOff(
  deps: WatchDeps,
  fleet: Fleet,
  cluster: string,
  claimed: Stored<OutboxEntry>,
  delivery: Extract<Delivery, { delivered: false }>,
): Promise<Attempt> {
  const now = deps.clock.now();
  const next = afterFailure(claimed.value, delivery, fleet.channels, now);
  deps.log.warn('message-not-delivered', {
    cluster,
    channel: next.failed,
    reason: delivery.reason,
    detail: delivery.detail,
    attempts: next.entry.attempts,
  });
  const stored = await deps.state.live.update(cluster, { value: next.entry, etag: claimed.etag });
  if (stored === 'conflict' || stored === 'gone') return {};
  // The row is stored: without its nudge the next sweep takes it.
  await deps.state.nudges
    .send('notify', cluster, Math.max(0, next.entry.dueAt - now))
    .catch((error: unknown) => deps.log.warn('nudge-not-sent', { cluster, error }));
  if (next.kind === 'fallback') return { outcome: { channel: next.failed, failure: failureText(delivery) } };
  return { throttled: delivery.reason === 'throttled' };
}
