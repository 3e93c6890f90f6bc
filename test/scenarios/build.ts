/** Builds observations of simulated clusters from a few words: "active", "sealed", "refused" … */
import type { Cluster, RecoveryPolicy, Thresholds } from '../../shared/fleet/fleet.ts';
import type { ClusterObservation, NodeObservation } from '../../shared/probe/observation.ts';
import type { Answer, VaultErrorCode } from '../../shared/vault/answer.ts';
import type { Health, SealStatus } from '../../shared/vault/answers.ts';
import { error } from './build-error.ts';
import { type RaftWords, raft } from './build-raft.ts';

/** 2026-11-22T00:00:00Z: times in scenarios are seconds after it. */
export const epoch = Date.UTC(2026, 10, 22);
const clusterId = '4dfab2e5-109b-f7fa-2671-934c286c1e85';

export interface ClusterWords
  extends Partial<Omit<Cluster, 'nodes' | 'thresholds' | 'login' | 'tls' | 'recovery'>> {
  /** How many nodes; 3 when not said. */
  size?: number;
  /** Nodes with a nodeId in fleet.yaml; all when not said. */
  nodeIds?: number;
  http?: boolean;
  /** `none`: no login in fleet.yaml. */
  login?: 'none' | 'approle' | 'token' | 'jwt';
  pins?: string[];
  thresholds?: Partial<Thresholds>;
  recovery?: Partial<RecoveryPolicy>;
}

const logins = {
  jwt: { method: 'jwt', mount: 'jwt', role: 'sealwatch', audience: 'api://sealwatch-vault' },
  token: { method: 'token', token: 'env:TOKEN' },
  approle: { method: 'approle', mount: 'approle', roleId: 'env:ROLE', secretId: 'env:SECRET' },
} as const;

export function cluster(words: ClusterWords = {}): Cluster {
  const { size = 3, nodeIds = size, http, login = 'jwt', pins = [], thresholds, recovery, ...over } = words;
  return {
    name: 'payments',
    nodes: Array.from({ length: size }, (_, index) => ({
      name: `vault-${index}`,
      address: `${http ? 'http' : 'https'}://vault-${index}.payments.test:8200`,
      ...(index < nodeIds ? { nodeId: `a${index}` } : {}),
    })),
    tls: { pins },
    ...(login === 'none' ? {} : { login: logins[login] as NonNullable<Cluster['login']> }),
    expect: {},
    seal: { type: 'shamir' },
    labels: {},
    unknownSealCause: 'approval',
    escrow: { custodians: [] },
    notify: [],
    ...over,
    recovery: {
      policy: 'manual',
      approvals: 1,
      attempts: 3,
      attemptWindowMs: 3_600_000,
      nodeUnseals: 5,
      foreignProgress: { afterMs: 120_000, then: 'report' },
      ...recovery,
    },
    thresholds: {
      certificateWarningMs: 30 * 86_400_000,
      certificateCriticalMs: 3 * 86_400_000,
      peerDeadMs: 15_000,
      peerLagEntries: 1_000,
      cleanupMinimumMs: 3_600_000,
      restartLoopCount: 3,
      restartWindowMs: 600_000,
      unsealStalledMs: 600_000,
      ...thresholds,
    },
  };
}

export interface NodeWords {
  is: string;
  health?: Partial<Health>;
  seal?: Partial<SealStatus> | false;
  /** Process start, seconds after the epoch. */
  start?: number;
  connection?: number;
  resumed?: boolean;
  earlier?: (VaultErrorCode | number)[];
  version?: string;
  leader?: string;
  /** Seconds after the epoch at which the certificate ends; false: none was seen. */
  certificate?: number | false;
  backend?: boolean;
  ms?: number;
}

const statuses: Record<string, number> = {
  active: 200,
  standby: 429,
  'dr-secondary': 472,
  'performance-standby': 473,
  'ha-unhealthy': 474,
  uninitialised: 501,
  sealed: 503,
  removed: 530,
};

export function node(name: string, words: string | NodeWords, at: number, http = false): NodeObservation {
  const said: NodeWords = typeof words === 'string' ? { is: words } : words;
  const status = statuses[said.is];
  const health: Answer<Health> = status
    ? good(status, healthBody(status, said), said, at)
    : failed(said, name);
  const observed: NodeObservation = {
    node: name,
    at,
    health,
    earlier: (said.earlier ?? []).map((one) =>
      typeof one === 'number' ? { status: one } : error(one, name),
    ),
  };
  const bad = status === undefined || status > 473;
  if (said.seal !== false && ((bad && status !== undefined) || said.seal)) {
    observed.sealStatus = good(200, sealBody(status ?? 503, said), said, at);
  }
  if (said.start !== undefined) observed.processStart = good(200, epoch + said.start * 1000, said, at);
  if (said.leader !== undefined) {
    observed.leader = good(200, { ha_enabled: true, is_self: false, leader_address: said.leader }, said, at);
  }
  if (said.backend !== undefined) observed.sealBackend = good(200, { healthy: said.backend }, said, at);
  if (!http && said.certificate !== false) {
    observed.certificate = {
      notAfter: epoch + (said.certificate ?? 365 * 86_400) * 1000,
      notBefore: epoch - 86_400_000,
      subject: `CN=${name}.payments.test`,
      issuer: 'CN=payments CA',
      spki: 'q0Vs2bQ4rY0nTnqcRZJwXyqRjT8b8ZtLJ8rC3zqkX1A=',
      seenAt: epoch,
    };
  }
  return observed;
}

function good<T>(status: number, body: T, said: NodeWords, at: number): Answer<T> {
  const { connection } = said;
  const facts = {
    openedAt: connection === undefined ? at : epoch + connection,
    resumed: said.resumed ?? false,
  };
  return {
    ok: true,
    status,
    body,
    ms: 2,
    ...(connection === undefined ? {} : { connection: { id: connection, ...facts } }),
  };
}

function healthBody(status: number, said: NodeWords): Health {
  const sealed = status >= 500;
  return {
    initialized: status !== 501,
    sealed,
    standby: status !== 200,
    version: said.version ?? '1.21.0',
    removed_from_cluster: status === 530,
    ...(sealed ? {} : { cluster_id: clusterId, cluster_name: 'payments' }),
    ...(status === 429 ? { ha_connection_healthy: true, last_request_forwarding_heartbeat_ms: 1_500 } : {}),
    ...(status === 474 ? { ha_connection_healthy: false, last_request_forwarding_heartbeat_ms: 13_000 } : {}),
    ...given(said.health),
  };
}

function sealBody(status: number, said: NodeWords): SealStatus {
  const initialized = status !== 501;
  return {
    type: 'shamir',
    initialized,
    sealed: status >= 500,
    t: initialized ? 3 : 0,
    n: initialized ? 5 : 0,
    progress: 0,
    nonce: '',
    migration: false,
    recovery_seal: false,
    storage_type: 'raft',
    removed_from_cluster: status === 530,
    version: said.version ?? '1.21.0',
    ...given(said.seal || {}),
  };
}

/** What a server leaves out is written as null. */
function given<T extends object>(fields: T | undefined): T {
  return Object.fromEntries(
    Object.entries(fields ?? {}).map(([key, value]) => [key, value ?? undefined]),
  ) as T;
}

function failed(said: NodeWords, name: string): Answer<never> {
  return { ok: false, error: error(said.is, name), ms: said.ms ?? (said.is === 'timeout' ? 6_000 : 3) };
}

export interface StepWords {
  /** Seconds after the epoch. */
  at: number;
  nodes: (string | NodeWords)[];
  raft?: RaftWords;
}

export function observe(of: Cluster, step: StepWords): ClusterObservation {
  const at = epoch + step.at * 1000;
  const nodes = of.nodes.map(({ name, address }, index) => {
    return node(name, step.nodes[index] ?? 'aborted', at, address.startsWith('http:'));
  });
  return {
    cluster: of.name,
    startedAt: at,
    finishedAt: at,
    nodes,
    raft: raft(of, nodes, step.raft ?? {}, at),
  };
}
