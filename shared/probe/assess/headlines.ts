/** Judges of the four headlines that say why nothing is active in a cluster. */
import { finding } from '../../finding.ts';
import type { VaultErrorCode } from '../../vault/answer.ts';
import { isSilent, isUnsealed } from './node-state.ts';
import type { HeadlineCode } from './outage.ts';
import {
  absent,
  type Judgement,
  type NodeView,
  ofCluster,
  type Picture,
  present,
  theCluster,
  unjudged,
} from './picture.ts';
import { sealAdvice } from './sealed.ts';
import { failureWords, iso, listed, nodeLine, span } from './words.ts';

export function judgeHeadlines(picture: Picture): Judgement[] {
  return [
    headline(picture, 'cluster-sealed', clusterSealed),
    headline(picture, 'cluster-down', clusterDown),
    headline(picture, 'no-leader', noLeader),
    headline(picture, 'storage-unavailable', storageUnavailable),
  ];
}

function headline(
  picture: Picture,
  code: HeadlineCode,
  tell: (picture: Picture) => ReturnType<typeof finding>,
): Judgement {
  const { outage } = picture;
  if (outage.kind === 'headline' && outage.code === code) return ofCluster(code, present(tell(picture)));
  return ofCluster(code, isRuledOut(picture, code) ? absent : unjudged(whyNot(picture)));
}

/** Only what was seen rules a headline out: a node that did not answer could be the one that matters. */
function isRuledOut({ outage, nodes }: Picture, code: HeadlineCode): boolean {
  const states = nodes.map((view) => view.state);
  const unsealed = states.some(isUnsealed);
  const allHeard = !states.some(isSilent);
  switch (code) {
    case 'no-leader':
      if (outage.kind !== 'none') return allHeard && !unsealed;
      return !outage.dr || states.every((state) => state.name === 'dr-secondary');
    case 'cluster-sealed':
      return unsealed || (allHeard && !states.some((state) => state.name === 'sealed'));
    case 'cluster-down':
      return unsealed || allHeard || (outage.kind === 'headline' && outage.code === 'cluster-sealed');
    case 'storage-unavailable':
      return unsealed;
  }
}

function whyNot({ outage, nodes }: Picture): string {
  if (outage.kind === 'unjudged') return outage.why;
  const silent = nodes.filter((view) => isSilent(view.state)).map((view) => view.node.name);
  if (silent.length > 0) return `no word from ${listed(silent)}`;
  return 'no node is unsealed, and only an unsealed node shows it';
}

const named = (nodes: readonly NodeView[], test: (view: NodeView) => boolean): string[] =>
  nodes.filter(test).map((view) => view.node.name);

function clusterSealed({ cluster, nodes, storage }: Picture) {
  const sealed = nodes.filter((view) => view.state.name === 'sealed');
  const silent = named(nodes, (view) => isSilent(view.state));
  const waiting = named(nodes, (view) => view.state.name === 'joiner');
  const [first] = sealed;
  const parts = [
    `${listed(sealed.map((view) => view.node.name))} sealed`,
    ...(silent.length > 0 ? [`${listed(silent)} silent`] : []),
    ...(waiting.length > 0 ? [`${listed(waiting)} waiting to join`] : []),
  ];
  const evidence = nodes.map((view) => nodeLine(view) + progressWords(view));
  if (storage === 'consul')
    evidence.push('Consul without a leader leaves every node sealed: check Consul first.');
  return finding(
    'cluster-sealed',
    theCluster,
    `${cluster.name} is sealed: ${parts.join('; ')}`,
    evidence,
    first ? { advice: sealAdvice(cluster, first) } : {},
  );
}

function progressWords(view: NodeView): string {
  const seal = view.state.name === 'sealed' ? view.state.seal : undefined;
  if (!seal) return '';
  return `, ${seal.type}, ${seal.progress} of ${seal.t} shares`;
}

function clusterDown({ cluster, nodes }: Picture) {
  const silent = nodes.filter((view) => isSilent(view.state));
  const others = nodes.filter((view) => !isSilent(view.state));
  const reasons = new Set(silent.map(reasonOf));
  const [reason] = reasons;
  const shared = reasons.size === 1 ? reason : undefined;
  const names = listed(silent.map((view) => view.node.name));
  const rest = others.length > 0 ? `; ${others.map(nodeLine).join('; ')}` : '';
  const evidence = [
    ...(shared && silent.length > 1 ? [`All fail alike: ${shared}.`] : []),
    ...nodes.map(nodeLine),
  ];
  const failed = silent.flatMap(({ state }) =>
    'error' in state && state.error ? [state.error.message] : [],
  );
  evidence.push(...failed.slice(0, 1));
  const refused = silent.some(
    (view) => view.state.name === 'unreachable' && view.state.error.code === 'refused',
  );
  const own = ownAdvice(cluster.seal.type === 'transit' ? cluster.seal.provider : undefined, refused, shared);
  if (refused && cluster.seal.type !== 'shamir') {
    evidence.push(
      'A Vault that cannot reach its seal provider at start exits: its port then refuses connections.',
    );
  }
  return finding(
    'cluster-down',
    theCluster,
    `${cluster.name} is down: ${names} ${silent.length === 1 ? 'gives' : 'give'} no usable answer${shared ? ` (${shared})` : ''}${rest}`,
    evidence,
    own ? { advice: own } : {},
  );
}

const unreachableReason: Partial<Record<VaultErrorCode, string>> = {
  dns: 'names do not resolve',
  refused: 'connection refused',
  reset: 'connection reset',
  'connect-timeout': 'no connection in time',
  timeout: 'no answer in time',
};

/** A few words, the same for every node that fails for the same reason. */
function reasonOf({ state }: NodeView): string {
  switch (state.name) {
    case 'unreachable':
      return unreachableReason[state.error.code] ?? state.error.code;
    case 'tls':
      return failureWords(state.error, '').replace('its certificate', 'certificate');
    case 'storage-unavailable':
      return 'status 500';
    case 'odd':
      return "not a Vault's answer";
    default:
      return state.name;
  }
}

function ownAdvice(
  provider: string | undefined,
  refused: boolean,
  shared: string | undefined,
): string | undefined {
  if (refused && provider)
    return `Check the seal provider first: is cluster ${provider} unsealed? Then start the nodes again.`;
  if (shared?.startsWith('names')) return 'Check DNS: the names of all nodes fail to resolve.';
  if (shared?.startsWith('certificate')) {
    return 'Compare the certificates with fleet.yaml: the nodes are probably up, and clients that verify are cut off.';
  }
  return undefined;
}

function noLeader(picture: Picture) {
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
      `Members when raft was last read to change (${iso(before.raft.at)}): ${members.join(', ')}.`,
    );
  }
  const downWords = down.length > 0 ? `; ${down.map(nodeLine).join('; ')}` : '';
  const sealed = down.find((view) => view.state.name === 'sealed');
  const quorum = `${up.length} of ${nodes.length} nodes up, ${needed} needed`;
  const advice = enough
    ? 'Enough nodes are up to elect: read their server logs, and check the cluster port (8201) between them.'
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

function storageUnavailable({ cluster, nodes, storage }: Picture) {
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
