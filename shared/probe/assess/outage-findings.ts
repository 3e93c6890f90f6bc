/** What is said of each outage: which nodes, why, and the first thing to do. */

import { catalogue, finding } from '../../finding.ts';
import type { Cluster } from '../../fleet/fleet.ts';
import { isSilent, isUnsealed } from './node-state.ts';
import { type NodeView, type Picture, theCluster } from './picture.ts';
import { byReason, reasonOf } from './reasons.ts';
import { sealAdvice } from './sealed.ts';
import { iso, listed, nodeLine, span } from './words.ts';

const named = (nodes: readonly NodeView[], test: (view: NodeView) => boolean): string[] =>
  nodes.filter(test).map((view) => view.node.name);

export function clusterSealed({ cluster, nodes, storage }: Picture) {
  const sealed = nodes.filter((view) => view.state.name === 'sealed');
  const others = nodes.filter((view) => view.state.name !== 'sealed');
  const names = listed(sealed.map((view) => view.node.name));
  const evidence = nodes.map((view) => nodeLine(view) + progressWords(view));
  if (storage === 'consul')
    evidence.push('Consul without a leader leaves every node sealed: check Consul first.');
  if (storage === 'raft' && sealed.length === nodes.length && nodes.length > 2) {
    evidence.push(
      'Nobody can seal all nodes of a raft cluster by hand (the last one refuses): some restarted, or lost their storage.',
    );
  }
  return finding(
    'cluster-sealed',
    theCluster,
    `${cluster.name} is sealed: ${names}${others.length > 0 ? `; ${byReason(others)}` : ''}`,
    evidence,
    { advice: clusterAdvice(cluster, sealed) },
  );
}

/** Shares are needed node by node; a seal provider mends all nodes at once. */
function clusterAdvice(cluster: Cluster, sealed: readonly NodeView[]): string {
  const [first] = sealed;
  if (!first) return catalogue['cluster-sealed'].advice;
  if (cluster.seal.type !== 'shamir' || cluster.nodes.length === 1) return sealAdvice(cluster, first);
  const seal = first.state.name === 'sealed' ? first.state.seal : undefined;
  const shares = seal && seal.t > 0 ? `${seal.t} of ${seal.n} shares` : 'a threshold of shares';
  return `Unseal a quorum of nodes with ${shares} each, the most recently active one first: vault operator unseal -address=${first.node.address}`;
}

function progressWords(view: NodeView): string {
  const seal = view.state.name === 'sealed' ? view.state.seal : undefined;
  if (!seal) return '';
  return `, ${seal.type}, ${seal.progress} of ${seal.t} shares`;
}

export function clusterDown({ cluster, nodes }: Picture) {
  const silent = nodes.filter((view) => isSilent(view.state));
  const reasons = new Set(silent.map(reasonOf));
  const shared = reasons.size === 1 ? [...reasons][0] : undefined;
  const errors = silent.flatMap(({ state }) =>
    'error' in state && state.error ? [state.error.message] : [],
  );
  const evidence = [...nodes.map(nodeLine), ...errors.slice(0, 1)];
  const refused = silent.some(
    (view) => view.state.name === 'unreachable' && view.state.error.code === 'refused',
  );
  if (refused && cluster.seal.type !== 'shamir') {
    evidence.push(
      'A Vault that cannot reach its seal provider at start exits: its port then refuses connections.',
    );
  }
  const provider = cluster.seal.type === 'transit' ? cluster.seal.provider : undefined;
  const advice = downAdvice(provider, refused, shared);
  const summary = `${cluster.name} is down: ${byReason(nodes)}`;
  return finding('cluster-down', theCluster, summary, evidence, advice ? { advice } : {});
}

function downAdvice(
  provider: string | undefined,
  refused: boolean,
  shared: string | undefined,
): string | undefined {
  if (refused && provider)
    return `Check the seal provider first: is cluster ${provider} unsealed? Then start the nodes again.`;
  if (shared?.startsWith('name')) return 'Check DNS: the names of all nodes fail to resolve.';
  if (shared?.startsWith('certificate')) {
    return 'Compare the certificates with fleet.yaml: the nodes are probably up, and clients that verify are cut off.';
  }
  return undefined;
}

export function noLeader(picture: Picture) {
  const { cluster, nodes, before, storage } = picture;
  const up = nodes.filter((view) => isUnsealed(view.state));
  const down = nodes.filter((view) => !isUnsealed(view.state));
  const voters =
    cluster.expect.voters ?? before?.raft?.servers.filter((one) => one.voter).length ?? nodes.length;
  const shared = storage !== 'raft' && storage !== 'unknown';
  const needed = shared ? 1 : Math.floor(Math.max(1, voters) / 2) + 1;
  const enough = up.length >= needed;
  const evidence = nodes.map(nodeLine);
  for (const { node, observed, state } of up) {
    const leader = observed?.leader?.ok ? observed.leader.body.leader_address : undefined;
    if (leader)
      evidence.push(`${node.name} still names ${leader} as leader: a stale address proves nothing.`);
    if (isUnsealed(state) && state.health.ha_connection_healthy && down.length > 0) {
      const beat = state.health.last_request_forwarding_heartbeat_ms;
      const age = beat === undefined ? '' : `, last heartbeat ${span(beat)} ago`;
      evidence.push(
        `${node.name} still calls its connection to an active node healthy${age}: that turns within 10 s.`,
      );
    }
  }
  if (!enough && before?.raft) {
    const members = before.raft.servers.map(
      (one) => `${one.nodeId} ${one.address}${one.voter ? '' : ' (non-voter)'}`,
    );
    evidence.push(
      `Raft members as last read, unchanged since ${iso(before.raft.at)}: ${members.join(', ')}.`,
    );
  }
  const downWords = down.length > 0 ? `; ${byReason(down)}` : '';
  const sealed = down.find((view) => view.state.name === 'sealed');
  const quorum = `${up.length} of ${nodes.length} nodes up, ${needed} needed`;
  const advice = enough
    ? 'Enough nodes are up: an election takes seconds. If it lasts: read their server logs, check the cluster port (8201) between them.'
    : sealed
      ? sealAdvice(cluster, sealed)
      : undefined;
  return finding(
    'no-leader',
    theCluster,
    `${cluster.name} has no active node: ${quorum}${downWords}`,
    evidence,
    advice ? { advice } : {},
  );
}

export function storageUnavailable({ cluster, nodes, storage }: Picture) {
  const failing = named(nodes, (view) => view.state.name === 'storage-unavailable');
  const hanging = named(
    nodes,
    (view) => view.state.name === 'unreachable' && view.state.error.code === 'timeout',
  );
  const parts = [
    ...(failing.length > 0 ? [`${listed(failing)} answer 500`] : []),
    ...(hanging.length > 0 ? [`${listed(hanging)} hang`] : []),
  ];
  const evidence = nodes.map(nodeLine);
  for (const { state, node } of nodes) {
    if (state.name !== 'storage-unavailable') continue;
    for (const reason of state.error.reasons ?? []) evidence.push(`${node.name} says: ${reason}`);
  }
  evidence.push(`Storage: ${storage}.`);
  const what = storage === 'etcd' || storage === 'consul' ? storage : 'its storage';
  return finding(
    'storage-unavailable',
    theCluster,
    `${cluster.name} cannot reach ${what}: ${parts.join('; ')}`,
    evidence,
  );
}
