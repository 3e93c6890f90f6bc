/** A simulated cluster that keeps its state: what tests, the demo and the wrappers hold on to. */
import { probePaths } from './logins.ts';
import type { Reply } from './reply.ts';
import type { VaultRequest } from './requests.ts';
import {
  type ClusterState,
  derived,
  type Features,
  noFaults,
  type SealType,
  type Settings,
  uuid,
} from './state.ts';
import { type Input, step } from './step.ts';

export interface SimulationOptions
  extends Partial<Omit<Settings, 'features' | 'seed' | 'flavour' | 'storage'>> {
  flavour?: 'vault' | 'openbao';
  storage?: 'raft' | 'etcd';
  features?: Partial<Features>;
  /** Default 3. Names are <name>-1 …; raft ids raft-1 …. */
  nodes?: number;
  seal?: SealType;
  /** Default true: initialised, unsealed, every node a voter, for a minute already. False: as first started. */
  healthy?: boolean;
  seed?: string;
  /** Addresses are <scheme>://127.0.0.1:PORT, from this port on, until the simulation is served. */
  scheme?: 'http' | 'https';
  firstPort?: number;
}

export interface Simulation {
  readonly name: string;
  /** As it is now, with what time has brought. */
  readonly state: ClusterState;
  /** Something happens to the cluster. */
  apply(input: Exclude<Input, { kind: 'request' }>): void;
  request(node: string, request: VaultRequest): Reply;
  /** base64, a threshold of them and the root token; throws before init. */
  readonly keys: { shares: string[]; threshold: number; rootToken: string };
  /** An AppRole (or JWT role: its id and secret are then role and jwt) that may read what the probe reads. */
  addLogin(roleId: string, secretId: string, options?: { may?: string[]; ttlSeconds?: number }): void;
  /** Called after each change that may start or end a node's process. */
  onChange(listener: () => void): void;
}

/** @param now the simulation's clock, ms since the epoch; must not go back. */
export function createSimulation(options: SimulationOptions, now: () => number): Simulation {
  let state = options.healthy === false ? bareCluster(options, now()) : healthyCluster(options, now());
  const listeners: (() => void)[] = [];
  const apply = (input: Input): Reply | undefined => {
    const result = step(state, input, now());
    state = result.state;
    if (input.kind !== 'request') for (const listener of listeners) listener();
    return result.reply;
  };
  return {
    name: state.settings.name,
    get state() {
      state = step(state, { kind: 'tick' }, now()).state;
      return state;
    },
    apply,
    request(node, request) {
      const reply = apply({ kind: 'request', node, ...request });
      if (!reply) throw new Error('a request without a reply');
      return reply;
    },
    get keys() {
      return keysOf(state);
    },
    addLogin(roleId, secretId, { may = probePaths, ttlSeconds = 3600 } = {}) {
      state = { ...state, roles: { ...state.roles, [roleId]: { secretId, may, ttlSeconds } } };
    },
    onChange(listener) {
      listeners.push(listener);
    },
  };
}

function keysOf(state: ClusterState): Simulation['keys'] {
  if (state.rootToken === undefined) throw new Error(`${state.settings.name} is not initialised`);
  return {
    shares: state.shares.map((share) => Buffer.from(share, 'hex').toString('base64')),
    threshold: state.settings.threshold,
    rootToken: state.rootToken,
  };
}

function bareCluster(options: SimulationOptions, now: number): ClusterState {
  const name = options.name ?? 'vault';
  const flavour = options.flavour ?? 'vault';
  const isVault = flavour === 'vault';
  const settings: Settings = {
    name,
    flavour,
    version: options.version ?? (isVault ? '1.21.0' : '2.4.1'),
    features: {
      haUnhealthyStatus: isVault,
      removedStatus: isVault,
      sealBackendStatus: isVault,
      ...options.features,
    },
    storage: options.storage ?? 'raft',
    shares: options.shares ?? 5,
    threshold: options.threshold ?? 3,
    telemetry: options.telemetry ?? false,
    redact: options.redact ?? false,
    performanceStandbys: options.performanceStandbys ?? false,
    drSecondary: options.drSecondary ?? false,
    stabilisationMs: options.stabilisationMs ?? 10_000,
    seed: options.seed ?? 'seed',
  };
  const port = options.firstPort ?? 8200;
  const scheme = options.scheme ?? 'http';
  const id = uuid(derived({ settings }, 'cluster'));
  return {
    settings,
    nodes: Array.from({ length: options.nodes ?? 3 }, (_, index) => ({
      name: `${name}-${index + 1}`,
      nodeId: `raft-${index + 1}`,
      address: `${scheme}://127.0.0.1:${port + index * 2}`,
      clusterAddress: `127.0.0.1:${port + index * 2 + 1}`,
      version: settings.version,
      running: true,
      startedAt: now,
      initialised: false,
      sealed: true,
      removed: false,
      sets: 0,
      index: 0,
      faults: noFaults,
    })),
    clusterId: id,
    clusterName: `vault-cluster-${id.slice(0, 8)}`,
    shares: [],
    tokens: {},
    roles: {},
    logins: 0,
    activeSince: now,
    term: 1,
    index: 0,
    peers: [],
    autopilot: { cleanupDeadServers: false, deadServerThreshold: '24h0m0s', minQuorum: 0 },
    seal: {
      type: options.seal ?? 'shamir',
      providerUp: true,
      backendHealthy: true,
      migrating: false,
    },
    storageDown: false,
  };
}

/** Goes the same way as a real cluster: init, shares, joins, votes; begun early enough to be done by `now`. */
function healthyCluster(options: SimulationOptions, now: number): ClusterState {
  const count = options.nodes ?? 3;
  const settledMs = 60_000;
  let at = now - settledMs - count * 10_000 - (options.stabilisationMs ?? 10_000) * count;
  let state = bareCluster(options, at);
  const act = (node: string, path: string, body: unknown) => {
    state = step(state, { kind: 'request', node, method: 'POST', path, body }, at).state;
  };
  const [first] = state.nodes;
  if (!first) throw new Error('a cluster without nodes');
  act(first.name, 'sys/init', {});
  for (const node of state.nodes) {
    for (const share of state.shares.slice(0, state.settings.threshold)) {
      act(node.name, 'sys/unseal', { key: share });
    }
    at += 10_000;
    state = step(state, { kind: 'tick' }, at).state;
  }
  return step(state, { kind: 'tick' }, now).state;
}
