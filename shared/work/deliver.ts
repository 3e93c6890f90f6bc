/**
 * Sends what an outbox owes: claim by ETag, POST, remove. A failure puts the row off and leaves a nudge; the row
 * itself stays until something took the message, so a crash at any point is healed by the next sweep, at the
 * price of at most one duplicate with the same id.
 */
import { afterFailure, type Failure, failureText, furthestAttempt, mayRecover } from '../alert/retry.ts';
import type { Fleet } from '../fleet/fleet.ts';
import type { OutboxEntry, Stored } from '../state/ports.ts';
import type { WatchDeps } from './deps.ts';
import { reasonOf } from './not-swept.ts';
import { send } from './send.ts';

/** One sender works on a row for at most this long, ms: longer than a POST may take. */
const claimMs = 30_000;

/** What a delivery says of a channel: undefined `failure`: it took a message; else a fallback has to. */
export interface ChannelOutcome {
  channel: string;
  failure?: string;
}

interface Attempt {
  outcome?: ChannelOutcome;
  /** The next message would meet the same: what comes after this one waits. */
  stop?: boolean;
}

interface RouteEnd {
  told: ChannelOutcome[];
  /** It does not take messages now. */
  stopped: boolean;
}

/** Deliveries of one cluster that are under way. */
export interface Sending {
  /** Rejects for storage errors, never for a receiver. */
  outcomes: Promise<ChannelOutcome[]>;
  /** Each channel, and history, by name: when its rows are through. */
  routes: Map<string, Promise<RouteEnd>>;
}

/** Of almost every cluster in almost every sweep. */
const nothingDue: Sending = { outcomes: Promise.resolve([]), routes: new Map() };

/** Sends what is due and waits for the end of it: see `sendDue`. */
export function deliverDue(
  deps: WatchDeps,
  fleet: Fleet,
  cluster: string,
  entries: Stored<OutboxEntry>[],
): Promise<ChannelOutcome[]> {
  return sendDue(deps, fleet, cluster, entries).outcomes;
}

/**
 * Sends what is due, each channel's messages one after the other and oldest first: an all-clear must not overtake its
 * alarm. Behind a message that the receiver throttles the others wait, unless its channel has a fallback to take them;
 * behind one that it refuses they do not. A receiver that does not answer is asked once: the other messages wait for
 * the next sweep, or for the nudge of the one that failed.
 *
 * @param ahead older rows of the same cluster, under way: a channel's rows go after those.
 */
export function sendDue(
  deps: WatchDeps,
  fleet: Fleet,
  cluster: string,
  entries: Stored<OutboxEntry>[],
  ahead?: Sending,
): Sending {
  if (entries.length === 0) return nothingDue;
  const now = deps.clock.now();
  const held = entries.filter(({ value }) => holdsOthers(value, fleet, now)).map(routeOf);
  const due = entries
    .filter(({ value }) => !isAhead(value.dueAt, now) && !isAhead(value.claimedUntil ?? 0, now))
    .sort((a, b) => a.value.createdAt - b.value.createdAt || a.value.id.localeCompare(b.value.id));
  const routes = new Map<string, Promise<RouteEnd>>(
    held.map((route) => [route, Promise.resolve({ told: [], stopped: true })]),
  );
  for (const [route, rows] of Map.groupBy(due, routeOf)) {
    if (!routes.has(route))
      routes.set(route, sendRoute(deps, fleet, cluster, rows, ahead?.routes.get(route)));
  }
  const outcomes = Promise.all(routes.values()).then((ends) => ends.flatMap(({ told }) => told));
  // The caller may await it long after it failed: a rejection that nobody awaits yet ends the process.
  outcomes.catch(() => undefined);
  return { outcomes, routes };
}

async function sendRoute(
  deps: WatchDeps,
  fleet: Fleet,
  cluster: string,
  rows: Stored<OutboxEntry>[],
  ahead: Promise<RouteEnd> | undefined,
): Promise<RouteEnd> {
  const told: ChannelOutcome[] = [];
  // Storage that failed there is that delivery's error; it says nothing of the channel.
  const before = await ahead?.catch(() => undefined);
  if (before?.stopped) return { told, stopped: true };
  for (const row of rows) {
    const { outcome, stop } = await deliverEntry(deps, fleet, cluster, row);
    if (outcome) told.push(outcome);
    if (stop) return { told, stopped: true };
  }
  return { told, stopped: false };
}

/** A time further ahead than any of ours was written by a clock that was wrong: it must not silence a channel. */
function isAhead(at: number, now: number): boolean {
  return at > now && at <= now + furthestAttempt;
}

function holdsOthers({ dueAt, lastFailure, effect }: OutboxEntry, fleet: Fleet, now: number): boolean {
  if (effect.kind !== 'message' || !isAhead(dueAt, now) || !lastFailure?.startsWith('throttled:'))
    return false;
  return fleet.channels.find(({ name }) => name === effect.channel)?.fallback === undefined;
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
  const { live } = deps.state;
  const value = { ...entry.value, claimedUntil: deps.clock.now() + claimMs };
  const claimed = await live.update(cluster, { value, etag: entry.etag });
  if (claimed === 'conflict' || claimed === 'gone') return {};
  const { effect } = claimed.value;
  if (effect.kind === 'history') {
    const failure = await writeHistory(deps, cluster, effect);
    if (failure) return putOff(deps, fleet, cluster, claimed, failure);
    await live.remove(cluster, claimed);
    return {};
  }
  const delivery = await send(deps, fleet, effect);
  if (!delivery.delivered) return putOff(deps, fleet, cluster, claimed, delivery);
  deps.log.info('message-delivered', { cluster, channel: effect.channel, id: effect.message.id });
  await live.remove(cluster, claimed);
  return { outcome: { channel: effect.channel } };
}

/** History is for people who look back: what keeps it from being written must not keep anybody from being told. */
async function writeHistory(
  deps: WatchDeps,
  cluster: string,
  { transitions }: Extract<OutboxEntry['effect'], { kind: 'history' }>,
): Promise<Failure | undefined> {
  try {
    await deps.state.history.append(transitions);
    return undefined;
  } catch (error) {
    deps.log.error('history-not-written', { cluster, error });
    return { delivered: false, reason: 'unavailable', recoverable: true, detail: reasonOf(error) };
  }
}

async function putOff(
  deps: WatchDeps,
  fleet: Fleet,
  cluster: string,
  claimed: Stored<OutboxEntry>,
  failure: Failure,
): Promise<Attempt> {
  const now = deps.clock.now();
  const next = afterFailure(claimed.value, failure, fleet.channels, now);
  if (claimed.value.effect.kind === 'message') {
    deps.log.warn('message-not-delivered', {
      cluster,
      channel: next.failed,
      reason: failure.reason,
      detail: failure.detail,
      attempts: next.entry.attempts,
    });
  }
  const stop = mayRecover(failure) && !(failure.reason === 'throttled' && next.kind === 'fallback');
  const stored = await deps.state.live.update(cluster, { value: next.entry, etag: claimed.etag });
  if (stored === 'conflict' || stored === 'gone') return { stop };
  // The row is stored: without its nudge the next sweep takes it.
  await deps.state.nudges
    .send('notify', cluster, Math.max(0, next.entry.dueAt - now))
    .catch((error: unknown) => deps.log.warn('nudge-not-sent', { cluster, error }));
  if (next.kind === 'retry') return { stop };
  return { stop, outcome: { channel: next.failed, failure: failureText(failure) } };
}
