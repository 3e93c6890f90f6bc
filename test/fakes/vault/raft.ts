/** Who leads, who votes, and what time alone changes. Delays as seen on Vault 1.21.0 with default raft timing. */
import { follow, forgetLeader, freeze, freezeHeartbeats } from './heartbeats.ts';
import {
  type ClusterState,
  isAutoUnsealed,
  isJoining,
  isUp,
  type NodeState,
  nodeOf,
  withNode,
  without,
} from './state.ts';

const delays = {
  raft: { stepDown: 600, activeLost: 12_000, quorumReturned: 6000 },
  // A lock in etcd: its lease ends 13 s after its holder died.
  etcd: { stepDown: 600, activeLost: 13_000, quorumReturned: 4000 },
};
/** A leader without quorum steps down when its lease is over. */
const leaseMs = 2500;
/** How often a node without data tries to join. */
const retryJoinMs = 2000;
/** A joiner streams the data before it can unseal. */
const joinMs = 1200;

export type Cause = keyof (typeof delays)['raft'];

export function hasQuorum(state: ClusterState): boolean {
  const up = new Set(state.nodes.filter(isUp).map((node) => node.nodeId));
  if (state.settings.storage === 'etcd') return up.size > 0 && !state.storageDown;
  const voters = state.peers.filter((peer) => peer.voter);
  return voters.filter((voter) => up.has(voter.nodeId)).length > voters.length / 2;
}

/** Draws the conclusions of a change: the active node gone, quorum lost or back, heartbeats cut. */
export function settle(before: ClusterState, now: number, cause: Cause): ClusterState {
  let state = before;
  const active = nodeOf(state, state.active);
  if (active && !isUp(active)) {
    state = without(freezeHeartbeats(state, now), 'active', 'leaseEndsAt');
    // A node that is cut off, and was active, knows of no other.
    state = forgetLeader(state, active.name);
  }
  for (const node of state.nodes) {
    if (node.heartbeat && 'from' in node.heartbeat && !isUp(node)) state = freeze(state, node, now);
  }
  if (state.active !== undefined) {
    if (hasQuorum(state)) return without(state, 'leaseEndsAt');
    return { ...state, leaseEndsAt: state.leaseEndsAt ?? now + leaseMs };
  }
  if (!hasQuorum(state)) return without(state, 'electionAt');
  // A single voter waits for nobody.
  const delay = isAlone(state) ? delays.raft.stepDown : delays[state.settings.storage][cause];
  return { ...state, electionAt: state.electionAt ?? now + delay };
}

/** Applies, in order of time, all that falls due until `now`. */
export function advance(before: ClusterState, now: number): ClusterState {
  let state = before;
  for (;;) {
    const due = nextDue(state);
    if (!due || due.at > now) return state;
    state = due.apply(state, due.at);
  }
}

interface Due {
  at: number;
  apply: (state: ClusterState, at: number) => ClusterState;
}

function nextDue(state: ClusterState): Due | undefined {
  const due: Due[] = [];
  if (state.electionAt !== undefined) due.push({ at: state.electionAt, apply: elect });
  if (state.leaseEndsAt !== undefined) due.push({ at: state.leaseEndsAt, apply: loseLease });
  for (const node of state.nodes) {
    if (node.unsealsAt === undefined) continue;
    due.push({ at: node.unsealsAt, apply: (current, at) => finishJoin(current, node.name, at) });
  }
  for (const node of state.nodes) {
    // With shares the joiner waits for a person; with another seal it joins and unseals by itself.
    if (!isAutoUnsealed(state) || !isJoining(state, node) || !node.running) continue;
    const at = Math.max(state.activeSince, node.startedAt) + retryJoinMs;
    due.push({ at, apply: (current, when) => join(current, node, when) });
  }
  const up = new Set(state.nodes.filter(isUp).map((node) => node.nodeId));
  for (const peer of state.peers) {
    if (peer.voter || state.active === undefined || !up.has(peer.nodeId)) continue;
    const at = peer.joinedAt + state.settings.stabilisationMs;
    due.push({ at, apply: (current, when) => settle(promote(current, peer.nodeId), when, 'quorumReturned') });
  }
  return due.sort((a, b) => a.at - b.at)[0];
}

function elect(before: ClusterState, at: number): ClusterState {
  const voters = new Set(before.peers.filter((peer) => peer.voter).map((peer) => peer.nodeId));
  const etcd = before.settings.storage === 'etcd';
  const candidates = before.nodes.filter((node) => isUp(node) && (etcd || voters.has(node.nodeId)));
  // Raft elects the most up to date; among equals, one that did not just step down.
  const [winner] = candidates.sort(
    (a, b) =>
      b.index - a.index || Number(a.name === before.steppedDown) - Number(b.name === before.steppedDown),
  );
  if (!winner) return without(before, 'electionAt');
  const index = before.index + 3;
  let state: ClusterState = {
    ...without(before, 'electionAt', 'steppedDown'),
    active: winner.name,
    activeSince: at,
    term: before.term + 1,
    index,
  };
  state = {
    ...state,
    nodes: state.nodes.map((node) => {
      if (node.name === winner.name) return { ...without(node, 'heartbeat'), leader: winner.name, index };
      return isUp(node) ? follow(node, winner.name, index, at) : node;
    }),
  };
  return settle(state, at, 'activeLost');
}

function loseLease(before: ClusterState, at: number): ClusterState {
  const { active } = before;
  const state = without(freezeHeartbeats(before, at), 'active', 'leaseEndsAt');
  return settle(active === undefined ? state : forgetLeader(state, active), at, 'quorumReturned');
}

/** Becomes a peer, without a vote for the stabilisation time, and unseals when it has the data. */
export function join(before: ClusterState, node: NodeState, now: number): ClusterState {
  const peers = [
    ...before.peers.filter((peer) => peer.nodeId !== node.nodeId),
    { nodeId: node.nodeId, voter: false, joinedAt: now },
  ];
  const joined = { initialised: true, unsealsAt: now + joinMs };
  return withNode({ ...before, peers, index: before.index + 1 }, node.name, joined);
}

function finishJoin(before: ClusterState, name: string, at: number): ClusterState {
  const state = {
    ...before,
    nodes: before.nodes.map((node) =>
      node.name === name ? { ...without(node, 'unsealsAt'), sealed: false } : node,
    ),
  };
  return welcome(state, name, at);
}

/** The active node gives up its place and stays a standby. */
export function stepDown(before: ClusterState, now: number): ClusterState {
  const { active } = before;
  if (active === undefined) return before;
  const state = without(freezeHeartbeats(before, now), 'active', 'leaseEndsAt');
  return settle(forgetLeader({ ...state, steppedDown: active }, active), now, 'stepDown');
}

/** Up nodes have all entries of the log; a node that goes down keeps the number that it had. */
export function replicate(state: ClusterState): ClusterState {
  const lags = (node: NodeState) => isUp(node) && node.index !== state.index;
  if (state.active === undefined || !state.nodes.some(lags)) return state;
  const nodes = state.nodes.map((node) => (lags(node) ? { ...node, index: state.index } : node));
  return { ...state, nodes };
}

/** A node has just been unsealed: it follows the active one, or waits for an election. */
export function welcome(before: ClusterState, name: string, now: number): ClusterState {
  const node = nodeOf(before, name);
  const active = nodeOf(before, before.active);
  if (!node || !isUp(node) || node === active) return before;
  if (!active) return settle(before, now, 'quorumReturned');
  const followed = {
    ...before,
    nodes: before.nodes.map((other) =>
      other.name === name ? follow(other, active.name, before.index, now) : other,
    ),
  };
  return settle(followed, now, 'quorumReturned');
}

function promote(state: ClusterState, nodeId: string): ClusterState {
  const peers = state.peers.map((peer) => (peer.nodeId === nodeId ? { ...peer, voter: true } : peer));
  return { ...state, peers, index: state.index + 1 };
}

function isAlone(state: ClusterState): boolean {
  return state.peers.filter((peer) => peer.voter).length === 1;
}
