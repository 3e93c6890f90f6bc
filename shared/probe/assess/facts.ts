/** What is remembered of a node. Written on change: the same answers give the same facts, whatever the time. */
import { isDeepStrictEqual } from 'node:util';
import { sameStartMs } from '../../process-start.ts';
import type { ConnectionFacts } from '../../vault/answer.ts';
import { handshakeOf, leadsTo } from '../connection.ts';
import type { ClusterFacts, NodeFacts } from '../head-facts.ts';
import type { NodeObservation } from '../observation.ts';
import { isSilent, isUnsealed, type NodeState, wasUnsealed } from './node-state.ts';
import type { NodeView } from './picture.ts';
import type { Member } from './raft-view.ts';

/** Two signs of a restart closer than this are one restart, ms. */
const sameRestartMs = 5_000;
const restartsKept = 10;

/** Facts of a cluster; `before` itself when nothing changed. `members` undefined: raft was not read, keep the last. */
export function clusterFacts(
  nodes: readonly NodeView[],
  members: Member[] | undefined,
  at: number,
  before: ClusterFacts | undefined,
): ClusterFacts {
  const raft =
    members && !isDeepStrictEqual(members, before?.raft?.servers) ? { at, servers: members } : before?.raft;
  if (before && raft === before.raft && areAsBefore(nodes, before)) return before;
  const byName: ClusterFacts['nodes'] = {};
  for (const { node, facts } of nodes) if (facts) byName[node.name] = facts;
  return { nodes: byName, ...(raft ? { raft } : {}) };
}

function areAsBefore(nodes: readonly NodeView[], before: ClusterFacts): boolean {
  for (const { facts, before: last } of nodes) if (facts !== last) return false;
  return Object.keys(before.nodes).length === nodes.length;
}

/** Facts of a node after this observation; `before` itself when nothing changed. */
export function nodeFacts(
  observed: NodeObservation,
  state: NodeState,
  before: NodeFacts | undefined,
): NodeFacts | undefined {
  if (state.name === 'unanswered' || (before && isUnchanged(observed, state, before))) return before;
  const start = startOf(observed, before?.start);
  const restarts = restartsOf(observed, state, before);
  const progress = progressOf(observed, state, before);
  const facts: NodeFacts = {
    state: state.name,
    since: before?.state === state.name ? before.since : observed.at,
    ...unsealedFacts(observed, state, before),
    ...(start === undefined ? {} : { start }),
    ...(restarts.length === 0 ? {} : { restarts }),
    ...(progress ? { progress } : {}),
  };
  return before && sameFacts(facts, before) ? before : facts;
}

/**
 * A node that serves as before, over the connection or TLS session of before, and was asked for nothing else: what the rest of this
 * file would find out at some length, of almost every node in almost every sweep.
 */
function isUnchanged(observed: NodeObservation, state: NodeState, before: NodeFacts): boolean {
  const { health, earlier, processStart } = observed;
  const last = before.unsealedConnection;
  if (before.state !== state.name || !isUnsealed(state)) return false;
  if (earlier.length > 0 || processStart || !last) return false;
  return health.ok && health.connection !== undefined && leadsTo(last, health.connection);
}

/** The parts that did not change are mostly the very same objects: what is equal is so at the first look. */
function sameFacts(facts: NodeFacts, before: NodeFacts): boolean {
  const keys = Object.keys(facts) as (keyof NodeFacts)[];
  const alike = keys.length === Object.keys(before).length && keys.every((key) => facts[key] === before[key]);
  return alike || isDeepStrictEqual(facts, before);
}

/** Process start of this observation, ms; the remembered one when it is the same process. */
function startOf(observed: NodeObservation, before: number | undefined): number | undefined {
  const read = observed.processStart?.ok ? observed.processStart.body : undefined;
  if (read === undefined) return before;
  return before !== undefined && Math.abs(read - before) <= sameStartMs ? before : read;
}

/**
 * Restarts noticed, ms, newest last. A start time that moved is proof. Without a readable one, a first attempt
 * that was refused and a second that was answered is a restart, too; a reset alone is not (an idle connection
 * that a proxy closed looks the same), unless the node came out of it sealed.
 */
function restartsOf(observed: NodeObservation, state: NodeState, before: NodeFacts | undefined): number[] {
  const known = before?.restarts ?? [];
  const at = restartAt(observed, state, before);
  if (at === undefined || known.some((time) => Math.abs(time - at) <= sameRestartMs)) return known;
  return [...known, at].sort((a, b) => a - b).slice(-restartsKept);
}

function restartAt(
  observed: NodeObservation,
  state: NodeState,
  before: NodeFacts | undefined,
): number | undefined {
  const read = observed.processStart?.ok ? observed.processStart.body : undefined;
  if (read !== undefined && before?.start !== undefined)
    return read > before.start + sameStartMs ? read : undefined;
  if (isSilent(state)) return undefined;
  const failed = (code: string) =>
    observed.earlier.some((attempt) => 'code' in attempt && attempt.code === code);
  if (failed('refused')) return observed.at;
  return failed('reset') && state.name === 'sealed' && wasUnsealed(before?.state) ? observed.at : undefined;
}

/** What proves, later, that a sealed node is the process that was last seen unsealed. */
function unsealedFacts(
  observed: NodeObservation,
  state: NodeState,
  before: NodeFacts | undefined,
): Pick<NodeFacts, 'unsealedStart' | 'unsealedConnection'> {
  // What comes back after a removal was wiped: it is another node in the same place.
  if (state.name === 'removed' || before?.state === 'removed')
    return isUnsealed(state) ? seenUnsealed(observed, undefined) : {};
  if (isUnsealed(state)) return seenUnsealed(observed, before);
  const start = before?.unsealedStart === undefined ? {} : { unsealedStart: before.unsealedStart };
  const connection = keptConnection(observed, state, before);
  return { ...start, ...(connection ? { unsealedConnection: connection } : {}) };
}

function seenUnsealed(
  observed: NodeObservation,
  before: NodeFacts | undefined,
): Pick<NodeFacts, 'unsealedStart' | 'unsealedConnection'> {
  const connection = observed.health.ok ? observed.health.connection : undefined;
  const last = before?.unsealedConnection;
  const same = last && connection && leadsTo(last, connection) ? last : undefined;
  // A start time that was not read now is only good for the same connection or TLS session: else it may be an older process's.
  const start = observed.processStart?.ok
    ? startOf(observed, before?.unsealedStart)
    : same
      ? before?.unsealedStart
      : undefined;
  return {
    ...(start === undefined ? {} : { unsealedStart: start }),
    ...(connection ? { unsealedConnection: same ?? handshakeOf(connection) } : {}),
  };
}

/**
 * While a node is sealed: the connection that is known to lead to the process last seen unsealed, if any is.
 * A start time that did not move begins the chain anew, a resumed TLS session extends it, whatever else was opened beside it (a second attempt makes a full
 * handshake on purpose); without one it may be another process.
 */
function keptConnection(
  observed: NodeObservation,
  state: NodeState,
  before: NodeFacts | undefined,
): NodeFacts['unsealedConnection'] {
  const last = before?.unsealedConnection;
  if (state.name !== 'sealed') return last;
  const connections = connectionsOf(observed);
  if (startedAsBefore(observed, before)) {
    const proven = connections.at(-1);
    if (proven && !(last && connections.some((one) => leadsTo(last, one)))) {
      return handshakeOf(proven);
    }
  }
  if (!last) return undefined;
  if (connections.length === 0 || connections.some((one) => leadsTo(last, one))) return last;
  const resumed = connections.find((one) => one.resumed);
  return resumed && handshakeOf(resumed);
}

/** The start time shows the process that was last seen unsealed. */
export function startedAsBefore(observed: NodeObservation, before: NodeFacts | undefined): boolean {
  const start = observed.processStart?.ok ? observed.processStart.body : undefined;
  if (start === undefined || before?.unsealedStart === undefined) return false;
  return Math.abs(start - before.unsealedStart) <= sameStartMs;
}

/** Connections of the answers about this node that came without a token. */
export function connectionsOf(observed: NodeObservation): ConnectionFacts[] {
  const answers = [observed.health, observed.sealStatus, observed.leader, observed.sealBackend];
  return answers.flatMap((answer) => (answer?.ok && answer.connection ? [answer.connection] : []));
}

function progressOf(
  observed: NodeObservation,
  state: NodeState,
  before: NodeFacts | undefined,
): NodeFacts['progress'] {
  if (isSilent(state)) return before?.progress;
  if (state.name !== 'sealed') return undefined;
  if (!state.seal) return before?.progress;
  const { progress: count, nonce = '' } = state.seal;
  if (count <= 0) return undefined;
  const same = before?.progress?.count === count && before.progress.nonce === nonce;
  return same ? before.progress : { count, nonce, since: observed.at };
}
