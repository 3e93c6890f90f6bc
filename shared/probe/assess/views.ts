/** One view a node: its state, told in the light of the whole cluster, and what is remembered of it. */
import type { Cluster } from '../../fleet/fleet.ts';
import type { ClusterFacts, NodeFacts } from '../head-facts.ts';
import type { ClusterObservation, NodeObservation } from '../observation.ts';
import { nodeFacts } from './facts.ts';
import { classify, isSilent, isUnsealed, type NodeState, wasUnsealed } from './node-state.ts';
import type { NodeView, Storage } from './picture.ts';

export interface Views {
  nodes: NodeView[];
  /** The cluster holds data: some node shows it now, or showed it before. */
  known: boolean;
}

export function viewsOf(
  cluster: Cluster,
  observation: ClusterObservation,
  before: ClusterFacts | undefined,
  storage: Storage,
): Views {
  const observed = cluster.nodes.map((node, index) => observationOf(observation, node.name, index));
  const states = observed.map((one): NodeState => {
    return one ? classify(one) : { name: 'unanswered', why: 'it was not asked in this sweep' };
  });
  const shown = states.some(
    (state) => isUnsealed(state) || state.name === 'sealed' || state.name === 'removed',
  );
  // Raft joiners answer 501 beside a node that has data; on shared storage there is nothing to join.
  const canWait = storage === 'raft' || storage === 'unknown';
  const mayWait = canWait && (shown || (wasKnown(before) && states.some(isSilent)));

  const isMember = (nodeId: string | undefined): boolean =>
    nodeId !== undefined && membersOf(observation, before).has(nodeId);
  const nodes = cluster.nodes.map((node, index): NodeView => {
    const one = observed[index];
    let state = states[index] as NodeState;
    const last = before?.nodes[node.name];
    if (state.name === 'uninitialised' && mayWait && !isMember(node.nodeId) && !hadData(last, before)) {
      state = { name: 'joiner' };
    }
    return { node, observed: one, state, before: last, facts: one ? nodeFacts(one, state, last) : last };
  });
  return { nodes, known: shown || wasKnown(before) };
}

function observationOf(
  observation: ClusterObservation,
  name: string,
  index: number,
): NodeObservation | undefined {
  const there = observation.nodes[index];
  return there?.node === name ? there : observation.nodes.find((one) => one.node === name);
}

function wasKnown(before: ClusterFacts | undefined): boolean {
  if (!before) return false;
  return (
    before.raft !== undefined ||
    Object.values(before.nodes).some((facts) => facts.state === 'joiner' || hasSeenData(facts))
  );
}

function hasSeenData(facts: NodeFacts): boolean {
  const { state } = facts;
  return (
    wasUnsealed(state) ||
    state === 'sealed' ||
    state === 'removed' ||
    facts.unsealedStart !== undefined ||
    facts.unsealedConnection !== undefined
  );
}

/** A 501 node that once had data has lost it: it does not merely wait. A removed node was wiped on purpose. */
function hadData(last: NodeFacts | undefined, before: ClusterFacts | undefined): boolean {
  if (!last || last.state === 'removed') return false;
  return hasSeenData(last) || (last.state === 'uninitialised' && wasKnown(before));
}

function membersOf({ raft }: ClusterObservation, before: ClusterFacts | undefined): Set<string> {
  if (raft.read && raft.configuration.ok) {
    return new Set(raft.configuration.body.config.servers.map((server) => server.node_id));
  }
  return new Set(before?.raft?.servers.map((server) => server.nodeId));
}
