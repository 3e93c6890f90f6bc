/** What the active node says of its raft cluster: autopilot, configuration, ha-status. */
import { heartbeatPatienceMs, lastHeartbeat } from './heartbeats.ts';
import { type Answer, envelope } from './reply.ts';
import { type ClusterState, isUp, type NodeState, type Peer } from './state.ts';

export function autopilotState(state: ClusterState, now: number): Answer {
  const servers = state.peers.flatMap((peer) => {
    const node = state.nodes.find((candidate) => candidate.nodeId === peer.nodeId);
    if (!node) return [];
    const leads = node.name === state.active;
    const contactMs = leads ? 0 : now - lastContact(state, node, peer, now);
    return [
      {
        id: peer.nodeId,
        name: peer.nodeId,
        address: node.clusterAddress,
        // Stays so for a killed node, on a real server too.
        node_status: 'alive',
        last_contact: duration(contactMs),
        last_term: state.term,
        last_index: isUp(node) ? state.index : node.index,
        healthy: contactMs < heartbeatPatienceMs,
        stable_since: new Date(Math.max(state.activeSince, peer.joinedAt)).toISOString(),
        status: leads ? 'leader' : peer.voter ? 'voter' : 'non-voter',
        version: node.version,
        node_type: 'voter',
        voter: peer.voter,
      },
    ];
  });
  const voters = servers.filter((server) => server.voter);
  const quorum = Math.floor(voters.length / 2) + 1;
  return envelope({
    failure_tolerance: Math.max(0, voters.filter((server) => server.healthy).length - quorum),
    healthy: servers.every((server) => server.healthy),
    leader: servers.find((server) => server.status === 'leader')?.id ?? '',
    servers: Object.fromEntries(servers.map(({ voter: _voter, ...server }) => [server.id, server])),
    voters: voters.map((server) => server.id),
  });
}

export function autopilotConfiguration(state: ClusterState): Answer {
  const { cleanupDeadServers, deadServerThreshold, minQuorum } = state.autopilot;
  return envelope({
    cleanup_dead_servers: cleanupDeadServers,
    dead_server_last_contact_threshold: deadServerThreshold,
    disable_upgrade_migration: false,
    last_contact_threshold: duration(heartbeatPatienceMs),
    max_trailing_logs: 1000,
    min_quorum: minQuorum,
    server_stabilization_time: duration(state.settings.stabilisationMs),
  });
}

export function raftConfiguration(state: ClusterState): Answer {
  const servers = state.peers.flatMap((peer) => {
    const node = state.nodes.find((candidate) => candidate.nodeId === peer.nodeId);
    if (!node) return [];
    return [
      {
        node_id: peer.nodeId,
        address: node.clusterAddress,
        leader: node.name === state.active,
        protocol_version: '3',
        voter: peer.voter,
      },
    ];
  });
  return envelope({ config: { servers, index: 0 } });
}

/** Vault puts `nodes` at the top and in `data`; OpenBao at the top (VAULT-FACTS). */
export function haStatus(state: ClusterState, now: number): Answer {
  const nodes = state.nodes
    .filter((node) => node.name === state.active || lastHeartbeat(node, now) !== undefined)
    .map((node) => haNode(state, node, now));
  if (state.settings.flavour === 'openbao') return envelope(undefined, { nodes });
  return envelope({ nodes }, { nodes });
}

function haNode(state: ClusterState, node: NodeState, now: number): Record<string, unknown> {
  const active = node.name === state.active;
  const last = lastHeartbeat(node, now);
  return {
    hostname: node.name,
    api_address: node.address,
    cluster_address: `https://${node.clusterAddress}`,
    active_node: active,
    last_echo: active || last === undefined ? null : new Date(last).toISOString(),
    version: node.version,
    upgrade_version: node.version,
    ...(state.settings.flavour === 'vault'
      ? { echo_duration_ms: 0, clock_skew_ms: 0, replication_primary_canary_age_ms: 0 }
      : {}),
  };
}

/** A peer that the leader has not heard of since its election counts from then. */
function lastContact(state: ClusterState, node: NodeState, peer: Peer, now: number): number {
  return Math.max(lastHeartbeat(node, now) ?? 0, node.echoedAt ?? 0, state.activeSince, peer.joinedAt);
}

/** As Go writes durations: "0s", "1.5s", "24h0m0s", "350ms". */
function duration(ms: number): string {
  if (ms === 0) return '0s';
  if (ms < 1000) return `${ms}ms`;
  const seconds = `${(ms % 60_000) / 1000}s`;
  const minutes = Math.floor(ms / 60_000);
  if (minutes === 0) return seconds;
  return minutes < 60 ? `${minutes}m${seconds}` : `${Math.floor(minutes / 60)}h${minutes % 60}m${seconds}`;
}
