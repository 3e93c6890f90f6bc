/** Fields and types of Vault 1.21.0's answers, by state. */
import type { Shape } from './shape.ts';

const text = 'string';
const number = 'number';
const flag = 'boolean';

export const healthSealed = {
  initialized: flag,
  sealed: flag,
  standby: flag,
  performance_standby: flag,
  replication_performance_mode: text,
  replication_dr_mode: text,
  server_time_utc: number,
  version: text,
  enterprise: flag,
  echo_duration_ms: number,
  clock_skew_ms: number,
  replication_primary_canary_age_ms: number,
  removed_from_cluster: flag,
} satisfies Shape;
/** The active node, and a standby that never heard of one. */
export const healthUnsealed = { ...healthSealed, cluster_name: text, cluster_id: text };
export const healthStandby = {
  ...healthUnsealed,
  ha_connection_healthy: flag,
  last_request_forwarding_heartbeat_ms: number,
};

export const sealStatusSealed = {
  type: text,
  initialized: flag,
  sealed: flag,
  t: number,
  n: number,
  progress: number,
  nonce: text,
  version: text,
  build_date: text,
  migration: flag,
  recovery_seal: flag,
  storage_type: text,
  removed_from_cluster: flag,
} satisfies Shape;
export const sealStatusUnsealed = { ...sealStatusSealed, cluster_name: text, cluster_id: text };

export const leader = {
  ha_enabled: flag,
  is_self: flag,
  active_time: text,
  leader_address: text,
  leader_cluster_address: text,
  performance_standby: flag,
  performance_standby_last_remote_wal: number,
  raft_committed_index: number,
  raft_applied_index: number,
} satisfies Shape;

export const sealBackend = {
  healthy: flag,
  backends: [{ name: text, healthy: flag }],
  fully_wrapped: flag,
} satisfies Shape;

function enveloped(data: Shape): { [field: string]: Shape } {
  return {
    request_id: text,
    lease_id: text,
    renewable: flag,
    lease_duration: number,
    data,
    wrap_info: 'null',
    warnings: 'null',
    auth: 'null',
    mount_type: text,
  };
}

export const autopilotState = enveloped({
  failure_tolerance: number,
  healthy: flag,
  leader: text,
  servers: [
    {
      id: text,
      name: text,
      address: text,
      node_status: text,
      last_contact: text,
      last_term: number,
      last_index: number,
      healthy: flag,
      stable_since: text,
      status: text,
      version: text,
      node_type: text,
    },
  ],
  voters: [text],
});

export const autopilotConfiguration = enveloped({
  cleanup_dead_servers: flag,
  dead_server_last_contact_threshold: text,
  disable_upgrade_migration: flag,
  last_contact_threshold: text,
  max_trailing_logs: number,
  min_quorum: number,
  server_stabilization_time: text,
});

export const raftConfiguration = enveloped({
  config: {
    servers: [{ node_id: text, address: text, leader: flag, protocol_version: text, voter: flag }],
    index: number,
  },
});

const haNode = (lastEcho: Shape) => ({
  hostname: text,
  api_address: text,
  cluster_address: text,
  active_node: flag,
  last_echo: lastEcho,
  version: text,
  upgrade_version: text,
  echo_duration_ms: number,
  clock_skew_ms: number,
  replication_primary_canary_age_ms: number,
});
// The active node has no echo.
const haNodes = [haNode('null'), haNode(text)];
export const haStatus = { ...enveloped({ nodes: haNodes }), nodes: haNodes };
