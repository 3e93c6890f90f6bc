/**
 * What Vault and OpenBao answer, as zod schemas: unknown fields pass, missing ones follow what old versions
 * and OpenBao leave out, wrong types are an error that names the field. Source: VAULT-FACTS and samples of
 * Vault 1.21.0; each optional field is absent on some server that we support.
 */
import { z } from 'zod';

/**
 * Names, addresses, versions, ids, times: all of it may end up in our state and in messages, so its length is not the
 * server's to choose. The longest that is right is an address: https://, a DNS name of 253 characters and a port.
 */
const text = z.string().max(300);
const optionalText = text.optional();

/** Servers of a raft cluster, of which real ones have a handful; also seals of one Vault. */
const mostServers = 200;

/**
 * GET sys/health. The status code carries the state; the body the details. What nobody reads (replication modes,
 * enterprise, clock skew) is not parsed: every node sends this in every sweep.
 */
export const Health = z.object({
  initialized: z.boolean(),
  sealed: z.boolean(),
  standby: z.boolean(),
  performance_standby: z.boolean().optional(),
  server_time_utc: z.number().optional(),
  /** Can be redacted: then empty or absent. */
  version: optionalText,
  /** Absent while sealed, and when redacted. */
  cluster_id: optionalText,
  removed_from_cluster: z.boolean().optional(),
  ha_connection_healthy: z.boolean().optional(),
  last_request_forwarding_heartbeat_ms: z.number().optional(),
});
export type Health = z.infer<typeof Health>;

/** GET sys/seal-status, and the answer of sys/unseal. `t` and `n` are 0 until initialised. */
export const SealStatus = z.object({
  type: text,
  initialized: z.boolean(),
  sealed: z.boolean(),
  t: z.number(),
  n: z.number(),
  progress: z.number(),
  nonce: optionalText,
  version: optionalText,
  migration: z.boolean().optional(),
  recovery_seal: z.boolean().optional(),
  storage_type: optionalText,
  cluster_name: optionalText,
  cluster_id: optionalText,
  removed_from_cluster: z.boolean().optional(),
});
export type SealStatus = z.infer<typeof SealStatus>;

/** GET sys/leader. A standby keeps naming a dead leader: an address here proves nothing. */
export const LeaderStatus = z.object({
  ha_enabled: z.boolean(),
  is_self: z.boolean().optional(),
  leader_address: optionalText,
  leader_cluster_address: optionalText,
  /** RFC 3339, by the node's clock: since when it leads. Of a node that does not lead "0001-01-01T00:00:00Z". */
  active_time: optionalText,
  performance_standby: z.boolean().optional(),
  raft_committed_index: z.number().optional(),
  raft_applied_index: z.number().optional(),
});
export type LeaderStatus = z.infer<typeof LeaderStatus>;

/** GET sys/seal-backend-status (no token; Vault 1.16+). Up to 11 minutes late; a standby never checks. */
export const SealBackendStatus = z.object({
  healthy: z.boolean(),
  unhealthy_since: optionalText,
  backends: z
    .array(z.object({ name: text, healthy: z.boolean(), unhealthy_since: optionalText }))
    .max(mostServers)
    .nullish(),
});
export type SealBackendStatus = z.infer<typeof SealBackendStatus>;

/** One server of autopilot's state. `last_contact` is a Go duration, "2.3s". */
export const AutopilotServer = z.object({
  id: text,
  name: optionalText,
  address: optionalText,
  /** Stays "alive" for a killed follower: no judgement hangs on it. */
  node_status: optionalText,
  last_contact: text,
  last_term: z.number().optional(),
  last_index: z.number(),
  healthy: z.boolean(),
  stable_since: optionalText,
  /** "leader", "voter", "non-voter", … */
  status: optionalText,
  version: optionalText,
  node_type: optionalText,
});

function fewServers({ value, issues }: z.core.ParsePayload<Record<string, unknown>>): void {
  if (Object.keys(value).length <= mostServers) return;
  issues.push({ code: 'too_big', origin: 'record', maximum: mostServers, input: value });
}

/** `data` of GET sys/storage/raft/autopilot/state. */
export const AutopilotState = z.object({
  healthy: z.boolean(),
  failure_tolerance: z.number(),
  leader: optionalText,
  voters: z.array(text).max(mostServers).nullish(),
  servers: z.record(text, AutopilotServer).check(fewServers).nullish(),
});
export type AutopilotState = z.infer<typeof AutopilotState>;

/** `data` of GET sys/storage/raft/autopilot/configuration. Durations are Go durations, "24h0m0s". */
export const AutopilotConfiguration = z.object({
  cleanup_dead_servers: z.boolean(),
  dead_server_last_contact_threshold: text,
  last_contact_threshold: text,
  max_trailing_logs: z.number(),
  min_quorum: z.number(),
  server_stabilization_time: text,
});
export type AutopilotConfiguration = z.infer<typeof AutopilotConfiguration>;

/** `data` of GET sys/storage/raft/configuration. `address` is the cluster address, not the API's. */
export const RaftConfiguration = z.object({
  config: z.object({
    servers: z
      .array(
        z.object({
          node_id: text,
          address: text,
          leader: z.boolean(),
          voter: z.boolean(),
          protocol_version: optionalText,
        }),
      )
      .max(mostServers),
    index: z.number().optional(),
  }),
});
export type RaftConfiguration = z.infer<typeof RaftConfiguration>;
