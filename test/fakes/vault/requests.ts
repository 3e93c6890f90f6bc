/** One HTTP request to one node: which path answers, and who may ask. */
import { denied, liveToken, login, lookupSelf, renewSelf } from './logins.ts';
import { settle, stepDown } from './raft.ts';
import { autopilotConfiguration, autopilotState, haStatus, raftConfiguration } from './raft-answers.ts';
import { type Answer, answer, type Reply, refusal } from './reply.ts';
import { type ClusterState, isUp, type NodeState, nodeOf, withNode, without } from './state.ts';
import { health, leader, metrics, sealBackendStatus, sealStatus, storageTimeout } from './statuses.ts';
import { dropParts, initialise, unseal } from './unseal.ts';

export interface VaultRequest {
  method: string;
  /** Without `/v1/`; with its query. */
  path: string;
  token?: string;
  /** Parsed JSON; undefined when there was none, or none that parses. */
  body?: unknown;
}

type Result = { state: ClusterState; reply: Answer };

/** With etcd gone, everything but the status paths takes this long to fail. */
const slowestMs = 10_000;

export function handle(
  state: ClusterState,
  node: NodeState,
  request: VaultRequest,
  now: number,
): { state: ClusterState; reply: Reply } {
  if (!node.running) return { state, reply: { kind: 'refused' } };
  const { faults } = node;
  if (faults.hang) return { state, reply: { kind: 'hang' } };
  if (faults.reset) return { state, reply: { kind: 'reset' } };
  if (faults.garbage) {
    const { status, contentType, body } = faults.garbage;
    const reply = { ...answer(status, undefined, { 'content-type': contentType }), body };
    return { state, reply: { ...reply, delayMs: faults.latencyMs } };
  }
  const result = route(state, node, request, now);
  const delayMs = result.reply.delayMs + faults.latencyMs;
  return { state: result.state, reply: { ...result.reply, delayMs } };
}

function route(state: ClusterState, node: NodeState, request: VaultRequest, now: number): Result {
  const { pathname: path, searchParams: query } = new URL(request.path, 'http://vault/');
  const { method, body, token } = request;
  const isWrite = method === 'POST' || method === 'PUT';
  const say = (reply: Answer): Result => ({ state, reply });
  // A token shows what the listener redacts.
  const known = liveToken(state, token, now) !== undefined;

  switch (path.slice(1)) {
    case 'sys/health':
      return say(health(state, node, query, now, known));
    case 'sys/seal-status':
      return method === 'GET' ? say(sealStatus(state, node, now, known)) : say(refusal(405));
    case 'sys/seal-backend-status':
      return say(sealBackendStatus(state));
    case 'sys/leader':
      return say(leader(state, node));
    case 'sys/metrics':
      return say(metrics(state, node));
    case 'sys/init':
      return isWrite
        ? initialise(state, node, body, now)
        : say(answer(200, { initialized: state.shares.length > 0 && node.initialised }));
    case 'sys/unseal':
      return isWrite ? unseal(state, node, body, now) : say(refusal(405));
    case 'sys/seal':
      return isWrite ? sealByRequest(state, node, token, now) : say(refusal(405));
    default:
      if (node.sealed) return say(refusal(503, 'Vault is sealed'));
      if (state.storageDown) return say(storageTimeout(slowestMs));
      return onActive(state, node, { ...request, path: path.slice(1) }, now);
  }
}

/** Everything else is answered by the active node, to which a standby forwards. */
function onActive(state: ClusterState, node: NodeState, request: VaultRequest, now: number): Result {
  const say = (reply: Answer): Result => ({ state, reply });
  const { path, token, body, method } = request;
  const active = nodeOf(state, state.active);
  if (!active || !(isUp(node) || node === active)) {
    const named = nodeOf(state, node.leader);
    if (!named) return say(refusal(500, 'local node not active but active cluster node not found'));
    return say(answer(307, undefined, { location: `${named.address}/v1/${path}` }));
  }
  if (/^auth\/[^/]+\/login$/.test(path)) return login(state, body, now);
  if (path === 'auth/token/renew-self') return renewSelf(state, token, now);
  if (path === 'auth/token/lookup-self') return say(lookupSelf(state, token, now));
  const refused = denied(state, path, token, now);
  if (refused) return say(refused);

  const isWrite = method === 'POST' || method === 'PUT';
  if (path === 'sys/ha-status') return say(haStatus(state, now));
  if (path === 'sys/step-down' && isWrite) return { state: stepDown(state, now), reply: answer(204) };
  if (state.settings.storage === 'raft') {
    if (path === 'sys/storage/raft/autopilot/state') return say(autopilotState(state, now));
    if (path === 'sys/storage/raft/configuration') return say(raftConfiguration(state));
    if (path === 'sys/storage/raft/autopilot/configuration') {
      return isWrite ? configure(state, body) : say(autopilotConfiguration(state));
    }
    if (path === 'sys/storage/raft/remove-peer' && isWrite) {
      const id = (body as { server_id?: unknown } | undefined)?.server_id;
      return { state: removePeer(state, String(id), now), reply: answer(204) };
    }
  }
  return say(refusal(404, `no handler for route "${path}". route entry not found.`));
}

/** Only the active node can be sealed. Source: vault/core.go `sealInitCommon`. */
function sealByRequest(state: ClusterState, node: NodeState, token: string | undefined, now: number): Result {
  if (node.sealed) return { state, reply: answer(204) };
  if (state.active !== node.name) {
    const text = 'vault cannot seal when in standby mode; please restart instead';
    return { state, reply: refusal(500, text) };
  }
  const refused = denied(state, 'sys/seal', token, now);
  if (refused) return { state, reply: refused };
  return { state: sealNode(state, node.name, now), reply: answer(204) };
}

/** An operator's seal: the process goes on, sealed; another node is active within a second. */
export function sealNode(state: ClusterState, name: string, now: number): ClusterState {
  const sealed = dropParts(withNode(state, name, { sealed: true }), name);
  return settle(sealed, now, 'stepDown');
}

/** Takes a peer out of the raft cluster; where Vault can tell, the node notices and seals itself. */
export function removePeer(state: ClusterState, nodeId: string, now: number): ClusterState {
  const node = state.nodes.find((candidate) => candidate.nodeId === nodeId);
  const peers = state.peers.filter((peer) => peer.nodeId !== nodeId);
  if (!node || peers.length === state.peers.length) return state;
  const sealed = state.settings.features.removedStatus ? true : node.sealed;
  const removed = withNode(
    { ...state, peers, index: state.index + 1 },
    node.name,
    without({ ...node, removed: true, sealed }, 'unsealsAt', 'unsealing'),
  );
  return settle(removed, now, 'stepDown');
}

function configure(state: ClusterState, body: unknown): Result {
  const fields = (body ?? {}) as Record<string, unknown>;
  const autopilot = {
    cleanupDeadServers: fields.cleanup_dead_servers === true || state.autopilot.cleanupDeadServers,
    deadServerThreshold:
      typeof fields.dead_server_last_contact_threshold === 'string'
        ? fields.dead_server_last_contact_threshold
        : state.autopilot.deadServerThreshold,
    minQuorum: typeof fields.min_quorum === 'number' ? fields.min_quorum : state.autopilot.minQuorum,
  };
  return { state: { ...state, autopilot }, reply: answer(204) };
}
