/** What a standby knows of the active node: its name, and the heartbeats of request forwarding. */
import { type ClusterState, type NodeState, withNode, without } from './state.ts';

const heartbeatMs = 5000;
/** Vault calls the connection to the active node unhealthy after two missed heartbeats. Source: vault/ha.go. */
export const heartbeatPatienceMs = 2 * heartbeatMs;
const firstHeartbeatMs = 1500;

/** When this node's last heartbeat got through; undefined when none ever did. */
export function lastHeartbeat(node: NodeState, now: number): number | undefined {
  if (!node.heartbeat) return undefined;
  if ('last' in node.heartbeat) return node.heartbeat.last;
  const { from } = node.heartbeat;
  if (now < from) return undefined;
  return from + Math.floor((now - from) / heartbeatMs) * heartbeatMs;
}

export function freeze(state: ClusterState, node: NodeState, now: number): ClusterState {
  const last = lastHeartbeat(node, now);
  if (last !== undefined) return withNode(state, node.name, { heartbeat: { last }, echoedAt: last });
  return {
    ...state,
    nodes: state.nodes.map((other) => (other.name === node.name ? without(other, 'heartbeat') : other)),
  };
}

export function freezeHeartbeats(before: ClusterState, now: number): ClusterState {
  return before.nodes.reduce((state, node) => freeze(state, node, now), before);
}

export function forgetLeader(state: ClusterState, name: string): ClusterState {
  return {
    ...state,
    nodes: state.nodes.map((node) => (node.name === name ? without(node, 'leader', 'heartbeat') : node)),
  };
}

/** A node that is up beside an active one starts to follow it. */
export function follow(node: NodeState, leader: string, index: number, now: number): NodeState {
  const { heartbeat } = node;
  const known = node.leader === leader && heartbeat && 'from' in heartbeat ? heartbeat : undefined;
  return { ...node, leader, index, heartbeat: known ?? { from: now + firstHeartbeatMs } };
}
