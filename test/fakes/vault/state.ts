/**
 * A simulated Vault (or OpenBao) cluster: what it is made of. Behaves as VAULT-FACTS and its samples say;
 * test/contract/vault.ts holds it to a real Vault. All times in ms; instants are ms since the epoch.
 */
import { createHash } from 'node:crypto';

export type Storage = 'raft' | 'etcd';
export type SealType = 'shamir' | 'transit' | 'azurekeyvault';

/** What the server knows; older versions and OpenBao lack some. */
export interface Features {
  /** Health status 474 and the fields behind it (Vault 1.19 and later). */
  haUnhealthyStatus: boolean;
  /** Health status 530 and `removed_from_cluster` (Vault 1.19 and later). */
  removedStatus: boolean;
  /** sys/seal-backend-status (Vault 1.16 and later). */
  sealBackendStatus: boolean;
}

export interface Settings {
  name: string;
  version: string;
  flavour: 'vault' | 'openbao';
  features: Features;
  storage: Storage;
  shares: number;
  threshold: number;
  /** Unauthenticated sys/metrics. */
  telemetry: boolean;
  /** Listener options that empty `version` and `cluster_name` for callers without a token. */
  redact: boolean;
  performanceStandbys: boolean;
  drSecondary: boolean;
  /** Before a new raft peer becomes a voter. */
  stabilisationMs: number;
  /** Two simulations with the same seed have the same shares and tokens. */
  seed: string;
}

/** What a test may do to one node from outside. */
export interface Faults {
  /** Added to each answer. */
  latencyMs: number;
  /** Connections are taken, nothing is ever answered. */
  hang: boolean;
  /** Each request's connection is cut. */
  reset: boolean;
  /** Cut off from its peers; still reachable for us. */
  isolated: boolean;
  /** Answered to each request instead of Vault's own answer. */
  garbage?: { status: number; contentType: string; body: string };
}

export const noFaults: Faults = { latencyMs: 0, hang: false, reset: false, isolated: false };

export interface NodeState {
  name: string;
  nodeId: string;
  /** https://127.0.0.1:8200 */
  address: string;
  /** 127.0.0.1:8201, as raft names the peer. */
  clusterAddress: string;
  version: string;
  running: boolean;
  startedAt: number;
  /** Has data of its own, which survives restarts. */
  initialised: boolean;
  sealed: boolean;
  /** A joiner that took its last share unseals by itself at this instant. */
  unsealsAt?: number;
  removed: boolean;
  /** The shares taken so far under one nonce; hex. */
  unsealing?: { nonce: string; parts: string[] };
  /** How many unseal sets were begun: makes nonces differ. */
  sets: number;
  /** The active node that it knows, which may be long dead. */
  leader?: string;
  /**
   * Request-forwarding heartbeats to the active node: every 5 s since `from`, or the `last` one that got
   * through. Undefined: none ever did, as on a former active node.
   */
  heartbeat?: { from: number } | { last: number };
  /** Its last heartbeat that reached an active node; outlives restarts, as the active node's memory does. */
  echoedAt?: number;
  /** Raft log entries that it has; frozen while it is down. */
  index: number;
  faults: Faults;
}

export interface Peer {
  nodeId: string;
  voter: boolean;
  joinedAt: number;
}

export interface Token {
  /** Paths that it may read, or `root`. */
  may: 'root' | string[];
  /** Undefined: never. */
  expiresAt?: number;
  ttlSeconds: number;
}

export interface ClusterState {
  settings: Settings;
  nodes: NodeState[];
  clusterId: string;
  clusterName: string;
  /** hex of 33 bytes each; empty before init. */
  shares: string[];
  rootToken?: string;
  tokens: Record<string, Token>;
  /** AppRole logins: role id → secret id and what its tokens may read. */
  roles: Record<string, { secretId: string; may: string[]; ttlSeconds: number }>;
  logins: number;
  /** Name of the active node. */
  active?: string;
  activeSince: number;
  /** When the active node, out of quorum, gives up. */
  leaseEndsAt?: number;
  electionAt?: number;
  /** Stepped down and is not elected again where another can be. */
  steppedDown?: string;
  term: number;
  index: number;
  peers: Peer[];
  autopilot: { cleanupDeadServers: boolean; deadServerThreshold: string; minQuorum: number };
  seal: {
    type: SealType;
    /** The seal provider answers. */
    providerUp: boolean;
    /** What sys/seal-backend-status says, up to 11 minutes late on a real server. */
    backendHealthy: boolean;
    backendUnhealthySince?: number;
    /** A migration to `type` waits for old shares with `migrate: true`. */
    migrating: boolean;
  };
  /** etcd is gone. */
  storageDown: boolean;
}

/** Deterministic bytes for shares, nonces and tokens: worth nothing, and the same in each run. */
export function derived(state: Pick<ClusterState, 'settings'>, ...what: (string | number)[]): Buffer {
  const { seed, name } = state.settings;
  return createHash('sha256')
    .update([seed, name, ...what].join('\0'))
    .digest();
}

export function uuid(bytes: Buffer): string {
  const hex = bytes.toString('hex');
  return [hex.slice(0, 8), hex.slice(8, 12), hex.slice(12, 16), hex.slice(16, 20), hex.slice(20, 32)].join(
    '-',
  );
}

/** Runs, unsealed, and a member: takes part in the cluster unless it is cut off from it. */
export function isUp(node: NodeState): boolean {
  return node.running && node.initialised && !node.sealed && !node.removed && !node.faults.isolated;
}

/** Raft: a node without data joins by itself once another one is active. */
export function isJoining(state: ClusterState, node: NodeState): boolean {
  return (
    !node.initialised && !node.removed && state.settings.storage === 'raft' && state.active !== undefined
  );
}

export function isAutoUnsealed(state: ClusterState): boolean {
  return state.seal.type !== 'shamir' && !state.seal.migrating;
}

export function nodeOf(state: ClusterState, name: string | undefined): NodeState | undefined {
  return state.nodes.find((node) => node.name === name);
}

export function withNode(state: ClusterState, name: string, change: Partial<NodeState>): ClusterState {
  return { ...state, nodes: state.nodes.map((node) => (node.name === name ? { ...node, ...change } : node)) };
}

/** As `withNode`, with these optional fields taken away. */
export function without<T extends object, K extends keyof T>(object: T, ...keys: K[]): Omit<T, K> {
  const copy = { ...object };
  for (const key of keys) delete copy[key];
  return copy;
}
