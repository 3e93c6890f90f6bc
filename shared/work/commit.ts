/** Stores what was decided and what is owed for it, in one transaction. */
import { isDeepStrictEqual } from 'node:util';
import type { Alert, Message, Transition } from '../alert/alert.ts';
import { compareSeverity } from '../alert/severity.ts';
import type { Channel } from '../fleet/fleet.ts';
import type { ClusterFacts } from '../probe/head-facts.ts';
import type { Head, OutboxEntry, Stored } from '../state/ports.ts';
import type { WatchDeps } from './deps.ts';

/** Who hears of it, and from which severity on. */
export type Audience = Pick<Channel, 'name' | 'minimumSeverity'>[];

export interface Decision {
  alerts: Alert[];
  message?: Message;
  transitions: Transition[];
}

/**
 * Writes only a change. A conflict means that another sweep decided the same cluster meanwhile: its word
 * stands, ours is dropped whole, and the next sweep sees what is left.
 *
 * @returns the outbox entries that this commit added: ours to send now.
 */
export async function commitDecision(
  deps: WatchDeps,
  partition: string,
  before: Stored<Head> | undefined,
  facts: ClusterFacts,
  decision: Decision,
  channels: Audience,
): Promise<Stored<OutboxEntry>[]> {
  const old = before?.value;
  const transitions = [...decision.transitions, ...nodeTransitions(partition, old?.facts, facts)];
  const changed =
    decision.message !== undefined ||
    transitions.length > 0 ||
    !isDeepStrictEqual(old?.facts, facts) ||
    !isDeepStrictEqual(old?.alerts, decision.alerts);
  if (!changed) return [];
  const revision = (old?.revision ?? 0) + 1;
  const head: Head = { cluster: partition, revision, facts, alerts: decision.alerts };
  const entries = owedFor(deps, revision, decision.message, transitions, channels);
  const result = await deps.state.live.commit(partition, head, before?.etag, entries);
  if (result.committed) return result.outbox;
  deps.log.warn('decision-dropped', { cluster: partition, why: result.why });
  return [];
}

/**
 * The outbox rows of one decision: its lines of history, and a message to each channel that wants this severity.
 * A resolved message has the worst severity that was told: who heard the alarm hears its end.
 */
export function owedFor(
  deps: Pick<WatchDeps, 'clock' | 'newId'>,
  revision: number,
  message: Message | undefined,
  transitions: Transition[],
  channels: Audience,
): OutboxEntry[] {
  const createdAt = deps.clock.now();
  const rest = { createdAt, dueAt: createdAt, attempts: 0 };
  const id = `${String(revision).padStart(8, '0')}-${deps.newId()}`;
  const entries: OutboxEntry[] = [];
  if (transitions.length > 0) {
    entries.push({ id: `${id}-history`, effect: { kind: 'history', transitions }, ...rest });
  }
  if (!message) return entries;
  for (const { name: channel, minimumSeverity } of channels) {
    if (compareSeverity(message.severity, minimumSeverity) < 0) continue;
    entries.push({ id: `${id}-${channel}`, effect: { kind: 'message', channel, message }, ...rest });
  }
  return entries;
}

function nodeTransitions(
  cluster: string,
  before: ClusterFacts | undefined,
  after: ClusterFacts,
): Transition[] {
  const transitions: Transition[] = [];
  for (const [name, facts] of Object.entries(after.nodes)) {
    const from = before?.nodes[name]?.state;
    if (from === facts.state) continue;
    transitions.push({
      at: facts.since,
      cluster,
      what: `node:${name}`,
      from: from ?? 'unknown',
      to: facts.state,
    });
  }
  return transitions;
}
