/** Bodies of the status paths, which need no token: health, seal-status, leader, seal-backend-status, metrics. */
import { heartbeatPatienceMs, lastHeartbeat } from './heartbeats.ts';
import { type Answer, answer, refusal } from './reply.ts';
import { type ClusterState, isJoining, type NodeState, nodeOf, type Settings } from './state.ts';

/** etcd is gone: these come only after 5 s. */
const storageTimeoutMs = 5000;

export function health(
  state: ClusterState,
  node: NodeState,
  query: URLSearchParams,
  now: number,
  known: boolean,
): Answer {
  if (state.storageDown && !node.sealed) return storageTimeout();
  const { settings } = state;
  const { features } = settings;
  const initialised = node.initialised || isJoining(state, node);
  const standby = state.active !== node.name;
  const last = features.haUnhealthyStatus && standby && !node.sealed ? lastHeartbeat(node, now) : undefined;
  const haHealthy = last === undefined ? undefined : now - last < heartbeatPatienceMs;
  const performanceStandby = standby && !node.sealed && settings.performanceStandbys;
  const mode = replicationMode(state, node, standby, now);
  const removed = node.removed && features.removedStatus;

  const status = (() => {
    if (!initialised) return 501;
    if (removed) return 530;
    if (node.sealed) return 503;
    if (haHealthy === false) return 474;
    if (settings.drSecondary) return 472;
    if (performanceStandby) return isTrue(query.get('perfstandbyok')) ? 200 : 473;
    if (standby) return isTrue(query.get('standbyok')) ? 200 : 429;
    return 200;
  })();

  return answer(status, {
    initialized: initialised,
    sealed: node.sealed,
    standby,
    performance_standby: performanceStandby,
    replication_performance_mode: mode,
    replication_dr_mode: settings.drSecondary && !node.sealed ? 'secondary' : mode,
    server_time_utc: Math.floor(now / 1000),
    version: settings.redact && !known ? '' : node.version,
    ...(settings.flavour === 'vault'
      ? { enterprise: settings.drSecondary || settings.performanceStandbys }
      : {}),
    ...(node.sealed ? {} : clusterNames(state, known)),
    ...(settings.flavour === 'vault'
      ? { echo_duration_ms: 0, clock_skew_ms: 0, replication_primary_canary_age_ms: 0 }
      : {}),
    ...removedField(settings, node),
    ...(last === undefined
      ? {}
      : { ha_connection_healthy: haHealthy, last_request_forwarding_heartbeat_ms: now - last }),
  });
}

export function sealStatus(state: ClusterState, node: NodeState, now: number, known: boolean): Answer {
  const { settings, seal } = state;
  const initialised = node.initialised || isJoining(state, node);
  return answer(200, {
    type: seal.type,
    initialized: initialised,
    sealed: node.sealed,
    t: initialised ? settings.threshold : 0,
    n: initialised ? settings.shares : 0,
    progress: node.unsealing?.parts.length ?? 0,
    nonce: node.unsealing?.nonce ?? '',
    version: settings.redact && !known ? '' : node.version,
    build_date: new Date(now - (now % 86_400_000)).toISOString(),
    migration: seal.migrating,
    ...(node.sealed ? {} : clusterNames(state, known)),
    recovery_seal: seal.type !== 'shamir',
    storage_type: settings.storage,
    ...removedField(settings, node),
  });
}

export function leader(state: ClusterState, node: NodeState): Answer {
  if (node.sealed) return refusal(503, 'Vault is sealed');
  if (state.storageDown) return storageTimeout();
  const { storage, flavour } = state.settings;
  const isSelf = state.active === node.name;
  const named = nodeOf(state, node.leader);
  return answer(200, {
    ha_enabled: true,
    is_self: isSelf,
    active_time: isSelf ? new Date(state.activeSince).toISOString() : '0001-01-01T00:00:00Z',
    leader_address: named?.address ?? '',
    leader_cluster_address: named ? `https://${named.clusterAddress}` : '',
    performance_standby: !isSelf && state.settings.performanceStandbys,
    ...(flavour === 'vault' ? { performance_standby_last_remote_wal: 0 } : {}),
    ...(storage === 'raft' ? { raft_committed_index: node.index, raft_applied_index: node.index } : {}),
  });
}

export function sealBackendStatus(state: ClusterState): Answer {
  if (!state.settings.features.sealBackendStatus) return refusal(403, 'permission denied');
  const { seal } = state;
  const since =
    seal.backendUnhealthySince === undefined
      ? {}
      : { unhealthy_since: new Date(seal.backendUnhealthySince).toISOString() };
  return answer(200, {
    healthy: seal.backendHealthy,
    ...since,
    backends: [{ name: seal.type, healthy: seal.backendHealthy, ...since }],
    fully_wrapped: true,
  });
}

/** Prometheus text with the one metric that tells a restart; refused like any path when telemetry is off. */
export function metrics(state: ClusterState, node: NodeState): Answer {
  if (!state.settings.telemetry) {
    return node.sealed ? refusal(503, 'Vault is sealed') : refusal(403, 'permission denied');
  }
  const seconds = (node.startedAt / 1000).toExponential();
  return {
    ...answer(200, undefined, { 'content-type': 'text/plain; version=0.0.4; charset=utf-8' }),
    body:
      '# HELP process_start_time_seconds Start time of the process since unix epoch in seconds.\n' +
      `# TYPE process_start_time_seconds gauge\nprocess_start_time_seconds ${seconds}\n`,
  };
}

export function storageTimeout(delayMs = storageTimeoutMs): Answer {
  return { ...refusal(500, 'context deadline exceeded'), delayMs };
}

/** A standby that never heard of an active node does not know its replication state. */
function replicationMode(state: ClusterState, node: NodeState, standby: boolean, now: number): string {
  if (node.sealed) return 'unknown';
  if (!standby || state.settings.flavour === 'openbao') return 'disabled';
  return lastHeartbeat(node, now) === undefined ? 'unknown' : 'disabled';
}

function clusterNames(state: ClusterState, known: boolean): Record<string, string> {
  // An empty name is left out, as Go's omitempty does.
  const hidden = state.settings.redact && !known;
  return { ...(hidden ? {} : { cluster_name: state.clusterName }), cluster_id: state.clusterId };
}

function removedField(settings: Settings, node: NodeState): Record<string, boolean> {
  return settings.features.removedStatus && settings.storage === 'raft'
    ? { removed_from_cluster: node.removed }
    : {};
}

function isTrue(value: string | null): boolean {
  return value === 'true' || value === '1' || value === '';
}
