/** Judges of how one node answers: unreachable, TLS, removed, HA connection. */
import { type FindingCode, finding } from '../../finding.ts';
import { isSilent, isUnsealed } from './node-state.ts';
import {
  type Judgement,
  type NodeView,
  nodeSubject,
  ofNodes,
  type Picture,
  present,
  unjudged,
} from './picture.ts';
import { failureWords, hostOf } from './words.ts';

export function judgeNodes(picture: Picture): Judgement[] {
  return [nodeUnreachable(picture), nodeTls(picture), nodeRemoved(picture), nodeHaUnhealthy(picture)];
}

/** The code whose finding is present for a node in this state, if any: what may explain others. */
export function codeOf(view: NodeView): FindingCode | undefined {
  switch (view.state.name) {
    case 'unreachable':
    case 'odd':
    case 'storage-unavailable':
      return 'node-unreachable';
    case 'tls':
      return 'node-tls';
    case 'sealed':
      return 'node-sealed';
    case 'removed':
      return 'node-removed';
    case 'uninitialised':
      return 'node-uninitialised';
    default:
      return undefined;
  }
}

/** Why a silent node is not judged; undefined for a node that answers. */
export function silence(view: NodeView): string | undefined {
  const { state, node } = view;
  if (!isSilent(state)) return undefined;
  if (state.name === 'tls') return `${node.name} fails TLS: what Vault says there is not known`;
  if (state.name === 'odd') return `${node.name} does not answer like a Vault`;
  if (state.name === 'storage-unavailable') return `${node.name} answers 500 and says nothing of itself`;
  if (state.name === 'unanswered') return `${node.name}: ${state.why}`;
  return `${node.name} does not answer`;
}

function nodeUnreachable(picture: Picture): Judgement {
  return ofNodes('node-unreachable', picture, (view) => {
    const { state, node } = view;
    switch (state.name) {
      case 'unreachable':
        return found(view, `${node.name} does not answer: ${failureWords(state.error, node.address)}`);
      case 'storage-unavailable':
        return found(view, `${node.name} answers 500: it cannot read its storage`, {
          advice: 'Look at the storage of this node (etcd, Consul, disk) before you restart anything.',
        });
      case 'odd':
        return found(view, `${node.name} does not answer like a Vault: ${state.why}`, {
          advice:
            'Check the address in fleet.yaml, and what stands between here and this node (proxy, load balancer).',
        });
      case 'tls':
      case 'unanswered':
        return unjudged(silence(view) ?? '');
      default:
        return undefined;
    }
  });
}

function found(view: NodeView, summary: string, over: { advice?: string } = {}) {
  return present(finding('node-unreachable', nodeSubject(view), summary, attemptLines(view), over));
}

/** The attempts of this sweep, the last one first: it is the one that counts. */
export function attemptLines(view: NodeView): string[] {
  const { observed } = view;
  if (!observed) return [];
  const lines: string[] = [];
  if (!observed.health.ok) {
    const { error } = observed.health;
    lines.push(error.message, ...(error.reasons ?? []).map((reason) => `Vault says: ${reason}`));
  }
  const count = observed.earlier.length;
  observed.earlier.forEach((attempt, index) => {
    const how = 'code' in attempt ? attempt.code : `status ${attempt.status}`;
    lines.push(`Attempt ${index + 1} of ${count + 1} in this sweep: ${how}.`);
  });
  if (observed.sealStatus?.ok && !observed.health.ok) {
    lines.push(`sys/seal-status does answer: sealed: ${observed.sealStatus.body.sealed}.`);
  }
  return lines;
}

const compareAdvice = {
  'tls-untrusted':
    'Compare the CA and pins in fleet.yaml with the chain that the node presents; check that the port speaks TLS.',
  'tls-expired':
    'Renew the certificate and reload the listener (SIGHUP). Check the clocks of both machines, too.',
  'tls-name': 'Compare the names in the certificate (SAN) with the address and tls.serverName in fleet.yaml.',
};

function nodeTls(picture: Picture): Judgement {
  return ofNodes('node-tls', picture, (view) => {
    const { state, node, observed } = view;
    if (state.name === 'unreachable' || state.name === 'unanswered') {
      // Whether a TLS fault is over shows only a handshake; over plain HTTP there is none to fail.
      return isHttps(view) ? unjudged(silence(view) ?? '') : undefined;
    }
    if (state.name !== 'tls') return undefined;
    const { error } = state;
    const certificate = observed?.certificate;
    const evidence = [error.message];
    if (certificate) {
      evidence.push(
        `Last certificate seen: ${certificate.subject}, issued by ${certificate.issuer}, SPKI ${certificate.spki}.`,
      );
    }
    const pins = picture.cluster.tls.pins.length;
    if (pins > 0) evidence.push(`fleet.yaml has ${pins} pin${pins === 1 ? '' : 's'} for this cluster.`);
    const code = error.code as keyof typeof compareAdvice;
    const summary = `${node.name} fails TLS: ${failureWords(error, node.address)}`;
    return present(
      finding('node-tls', nodeSubject(view), summary, evidence, { advice: compareAdvice[code] }),
    );
  });
}

export function isHttps(view: NodeView): boolean {
  return view.node.address.toLowerCase().startsWith('https:');
}

function nodeRemoved(picture: Picture): Judgement {
  return ofNodes('node-removed', picture, (view) => {
    const why = silence(view);
    if (why) return unjudged(why);
    if (view.state.name !== 'removed') return undefined;
    const { name } = view.node;
    const evidence = [
      `sys/health of ${hostOf(view.node.address)} says removed_from_cluster: true (530 on Vault 1.19 and later).`,
      'It also says sealed: true. Shares cannot bring it back: its raft data must be wiped.',
    ];
    return present(
      finding('node-removed', nodeSubject(view), `${name} was removed from the raft cluster`, evidence),
    );
  });
}

function nodeHaUnhealthy(picture: Picture): Judgement {
  const active = picture.nodes.find((view) => view.state.name === 'active');
  return ofNodes('node-ha-unhealthy', picture, (view) => {
    const why = silence(view);
    if (why) return unjudged(why);
    const { state, node, observed } = view;
    if (!isUnsealed(state) || state.name !== 'ha-unhealthy') return undefined;
    const evidence = ['sys/health answers 474: its connection to the active node is gone.'];
    const beat = state.health.last_request_forwarding_heartbeat_ms;
    if (beat !== undefined) evidence.push(`Last heartbeat: ${Math.round(beat / 1000)} s ago.`);
    const leader = observed?.leader?.ok ? observed.leader.body.leader_address : undefined;
    if (leader) evidence.push(`It names ${leader} as leader; a standby keeps naming a dead leader.`);
    evidence.push(active ? `${active.node.name} answers as active.` : 'No node answers as active.');
    const advice = active
      ? `Check the cluster port (8201) between ${node.name} and ${active.node.name}. Do not restart the standby first.`
      : undefined;
    const summary = `${node.name} lost its connection to the active node`;
    return present(
      finding('node-ha-unhealthy', nodeSubject(view), summary, evidence, advice ? { advice } : {}),
    );
  });
}
