/** Stores what was decided and what is owed for it, in one transaction. */
import { isDeepStrictEqual } from 'node:util';
import type { Alert, Message, Transition } from '../alert/alert.ts';
import type { ClusterFacts } from '../probe/head-facts.ts';
import type { Head, OutboxEntry, Stored } from '../state/ports.ts';
import type { WatchDeps } from './deps.ts';
import { type Audience, recipients, toldTo } from './recipients.ts';

export interface Decision {
  alerts: Alert[];
  message?: Message;
  transitions: Transition[];
}

/**
 * Writes only a change. A conflict means that another sweep decided the same cluster meanwhile: its word
 * stands, ours is dropped whole, and the next sweep sees what is left.
 *
 * @param audience who hears of it; `existing`: every channel of fleet.yaml.
 * @returns the outbox entries that this commit added: ours to send now.
 */
export async function commitDecision(
  deps: WatchDeps,
  partition: string,
  before: Stored<Head> | undefined,
  facts: ClusterFacts,
  decision: Decision,
  audience: Audience,
  existing: Audience = audience,
): Promise<Stored<OutboxEntry>[]> {
  const old = before?.value;
  const transitions = [...decision.transitions, ...nodeTransitions(partition, old?.facts, facts)];
  const changed =
    decision.message !== undefined ||
    transitions.length > 0 ||
    (old?.facts !== facts && !isDeepStrictEqual(old?.facts, facts)) ||
    !isDeepStrictEqual(old?.alerts, decision.alerts);
  if (!changed) return [];
  const revision = (old?.revision ?? 0) + 1;
  const { message } = decision;
  const channels = message ? recipients(message, old?.alerts ?? [], audience, existing) : [];
  const alerts = message ? toldTo(decision.alerts, message, channels) : decision.alerts;
  const head: Head = { cluster: partition, revision, facts, alerts };
  const entries = owedFor(deps, revision, message, transitions, channels);
  const result = await deps.state.live.commit(partition, head, before?.etag, entries);
  if (result.committed) return result.outbox;
  deps.log.warn('decision-dropped', { cluster: partition, why: result.why });
  return [];
}

/** The outbox rows of one decision: its lines of history, and its message to each of these channels. */
export function owedFor(
  deps: Pick<WatchDeps, 'clock' | 'newId'>,
  revision: number,
  message: Message | undefined,
  transitions: Transition[],
  channels: string[],
): OutboxEntry[] {
  const createdAt = deps.clock.now();
  const rest = { createdAt, dueAt: createdAt, attempts: 0 };
  const id = `${String(revision).padStart(8, '0')}-${deps.newId()}`;
  const entries: OutboxEntry[] = [];
  if (transitions.length > 0) {
    entries.push({ id: `${id}-history`, effect: { kind: 'history', transitions }, ...rest });
  }
  if (!message) return entries;
  for (const channel of channels) {
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
  if (before === after) return transitions;
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
