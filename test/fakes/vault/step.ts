/** The simulated cluster as a pure function: what happens to it, and when. */
import { advance, replicate, settle, welcome } from './raft.ts';
import type { Reply } from './reply.ts';
import { handle, removePeer, sealNode, type VaultRequest } from './requests.ts';
import {
  type ClusterState,
  type Faults,
  isAutoUnsealed,
  type NodeState,
  nodeOf,
  type SealType,
  withNode,
  without,
} from './state.ts';
import { dropParts } from './unseal.ts';

export type Input =
  | ({ kind: 'request'; node: string } & VaultRequest)
  /** Only time passes. */
  | { kind: 'tick' }
  /** The process is gone at once (SIGKILL), or after it gave up its place (SIGTERM). */
  | { kind: 'kill' | 'stop' | 'start'; node: string }
  /** `operator seal`, on any node. */
  | { kind: 'seal'; node: string }
  /** `operator raft remove-peer`. */
  | { kind: 'remove'; node: string }
  /** The node's storage is lost; it must be down. */
  | { kind: 'wipe'; node: string }
  | { kind: 'faults'; node: string; faults: Partial<Faults> }
  /** One node, or all, now run this version. */
  | { kind: 'upgrade'; node?: string; version: string }
  /** etcd goes or returns. */
  | { kind: 'storage'; down: boolean }
  /** The seal provider goes or returns; nothing shows until a restart, or until it is noticed. */
  | { kind: 'provider'; up: boolean; noticed?: boolean }
  /** The configuration now names another seal: nodes want old shares with `migrate: true` after a restart. */
  | { kind: 'migrate'; to: SealType }
  | { kind: 'autopilot'; settings: Partial<ClusterState['autopilot']> }
  /** Where the nodes listen, once that is known. */
  | { kind: 'addresses'; addresses: string[] };

export interface Step {
  state: ClusterState;
  /** For a request only. */
  reply?: Reply;
}

/** Applies what time has brought until `now`, then the input. `now` must not go back. */
export function step(before: ClusterState, input: Input, now: number): Step {
  const state = replicate(advance(before, now));
  if (input.kind === 'request') {
    const node = need(state, input.node);
    return handle(state, node, input, now);
  }
  return { state: apply(state, input, now) };
}

function apply(state: ClusterState, input: Exclude<Input, { kind: 'request' }>, now: number): ClusterState {
  switch (input.kind) {
    case 'tick':
      return state;
    case 'kill':
      return settle(end(state, input.node), now, 'activeLost');
    case 'stop':
      return settle(end(state, input.node), now, 'stepDown');
    case 'start':
      return start(state, need(state, input.node), now);
    case 'seal':
      return sealNode(state, input.node, now);
    case 'remove':
      return removePeer(state, need(state, input.node).nodeId, now);
    case 'wipe':
      return wipe(state, need(state, input.node));
    case 'faults': {
      const faults = { ...need(state, input.node).faults, ...input.faults };
      return welcome(settle(withNode(state, input.node, { faults }), now, 'activeLost'), input.node, now);
    }
    case 'upgrade':
      return {
        ...state,
        nodes: state.nodes.map((node) =>
          input.node === undefined || input.node === node.name ? { ...node, version: input.version } : node,
        ),
      };
    case 'storage':
      return settle({ ...state, storageDown: input.down }, now, 'quorumReturned');
    case 'provider':
      return provider(state, input.up, input.noticed ?? false, now);
    case 'migrate':
      return { ...state, seal: { ...state.seal, type: input.to, migrating: true } };
    case 'autopilot':
      return { ...state, autopilot: { ...state.autopilot, ...input.settings } };
    case 'addresses':
      return {
        ...state,
        nodes: state.nodes.map((node, index) => ({
          ...node,
          address: input.addresses[index] ?? node.address,
        })),
      };
  }
}

function end(state: ClusterState, name: string): ClusterState {
  return dropParts(withNode(state, name, { running: false }), name);
}

/** Shamir nodes come back sealed; others unseal themselves, or exit when their provider does not answer. */
function start(before: ClusterState, node: NodeState, now: number): ClusterState {
  if (node.running) throw new Error(`${node.name} is already running`);
  if (before.seal.type !== 'shamir' && !before.seal.migrating && !before.seal.providerUp) return before;
  if (before.storageDown) return before;
  const fresh = without(node, 'leader', 'heartbeat', 'unsealing', 'unsealsAt');
  const auto = isAutoUnsealed(before) && node.initialised && !node.removed;
  const started = { ...fresh, running: true, startedAt: now, sealed: !auto };
  const state = {
    ...before,
    nodes: before.nodes.map((other) => (other.name === node.name ? started : other)),
  };
  return auto ? welcome(state, node.name, now) : state;
}

function wipe(state: ClusterState, node: NodeState): ClusterState {
  if (node.running) throw new Error(`${node.name} is running: stop it before its data is wiped`);
  return withNode(state, node.name, { initialised: false, removed: false, index: 0 });
}

function provider(state: ClusterState, up: boolean, noticed: boolean, now: number): ClusterState {
  const seal = { ...without(state.seal, 'backendUnhealthySince'), providerUp: up };
  if (up) return { ...state, seal: { ...seal, backendHealthy: true } };
  if (!noticed) return { ...state, seal };
  return { ...state, seal: { ...seal, backendHealthy: false, backendUnhealthySince: now } };
}

function need(state: ClusterState, name: string): NodeState {
  const node = nodeOf(state, name);
  if (!node) throw new Error(`no node ${name}: there are ${state.nodes.map((each) => each.name).join(', ')}`);
  return node;
}
