/** Judges of autopilot's view of each raft peer: dead, lagging; and of its verdict on the whole. */

import { type FindingCode, finding, type Subject, type Verdict } from '../../finding.ts';
import { goDurationMs } from './durations.ts';
import { codeOf } from './nodes.ts';
import {
  absent,
  absentOf,
  type Differing,
  type Judgement,
  type NodeView,
  ofCluster,
  type Picture,
  present,
  theCluster,
  unjudged,
} from './picture.ts';
import { type AutopilotServer, isJustBack, isUnheard, nodeOf, serversOf } from './raft-view.ts';
import { listed, span } from './words.ts';

/** Autopilot's own default of last_contact_threshold, ms. */
const defaultContactMs = 10_000;

const peer = (name: string): Subject => ({ kind: 'peer', name });

export function judgePeers(picture: Picture): Judgement[] {
  const { raft } = picture;
  const autopilot = raft.autopilot.value;
  if (!raft.applies) return peerCodes.map(absentOf);
  if (!autopilot) return allOf(unjudged(raft.autopilot.why ?? ''));
  const servers = [...serversOf(autopilot).values()];
  if (servers.length === 0) return allOf(unjudged('autopilot lists no servers'));
  const dead = peerDead(picture, servers, autopilot.leader);
  return [dead, peerLagging(picture, servers, autopilot.leader), raftUnhealthy(picture, servers, dead)];
}

/**
 * Says which node finding explains a peer's trouble. A peer without a nodeId in fleet.yaml is taken for one of
 * the nodes without nodeId that are down, one each.
 */
export function explainer(nodes: readonly NodeView[]): (nodeId: string) => FindingCode | undefined {
  const spare = nodes.filter((view) => view.node.nodeId === undefined).flatMap((view) => codeOf(view) ?? []);
  return (nodeId) => {
    const view = nodeOf(nodes, nodeId);
    return view ? codeOf(view) : spare.shift();
  };
}

const peerCodes = ['raft-peer-dead', 'raft-peer-lagging', 'raft-unhealthy'] as const satisfies FindingCode[];

function allOf(fallback: Judgement['fallback']): Judgement[] {
  return peerCodes.map((code) => ({ code, fallback, differs: [] }));
}

const isLeader = (server: AutopilotServer, leader: string | undefined): boolean =>
  server.id === leader || server.status === 'leader';

/** Ms since the leader heard from it; undefined when that cannot be read. */
const contactMs = (server: AutopilotServer): number | undefined => goDurationMs(server.last_contact);

/** How long without contact until autopilot calls a peer unhealthy, ms. */
function contactThreshold(picture: Picture): number {
  const text = picture.raft.cleanup.value?.last_contact_threshold;
  return (text === undefined ? undefined : goDurationMs(text)) ?? defaultContactMs;
}

function isDead(picture: Picture, server: AutopilotServer, contact: number): boolean {
  const { peerDeadMs } = picture.cluster.thresholds;
  return (
    contact > peerDeadMs || (!server.healthy && contact > Math.min(peerDeadMs, contactThreshold(picture)))
  );
}

/** `node_status` stays "alive" for a killed peer, so only contact counts; the leader's own says nothing. */
function peerDead(picture: Picture, servers: AutopilotServer[], leader: string | undefined): Judgement {
  const code = 'raft-peer-dead';
  const differs: Differing[] = [];
  const say = (name: string, verdict: Verdict) => differs.push({ subject: peer(name), verdict });
  const explain = explainer(picture.nodes);
  for (const server of servers) {
    if (isLeader(server, leader)) continue;
    const contact = contactMs(server);
    const view = nodeOf(picture.nodes, server.id);
    if (contact === undefined) {
      say(server.id, unjudged(`autopilot's last_contact of ${server.id} cannot be read`));
    } else if (isJustBack(server, view, picture.now)) {
      say(server.id, unjudged(`${server.id} came back just now, and the leader has not heard from it yet`));
    } else if (isDead(picture, server, contact)) {
      say(server.id, present(deadFinding(picture, server, contact, explain(server.id))));
    } else if (isUnheard(server)) {
      say(server.id, unjudged(`a new leader has not heard from ${server.id} yet`));
    } else if (view && codeOf(view)) {
      // Autopilot is blind for about 10 s, and a new leader starts counting anew.
      say(server.id, unjudged(`${view.node.name} is down, and autopilot has not noticed yet`));
    }
  }
  for (const member of picture.raft.members.value ?? []) {
    if (!servers.some((server) => server.id === member.nodeId)) {
      say(member.nodeId, unjudged(`autopilot says nothing of ${member.nodeId}`));
    }
  }
  return { code, fallback: absent, differs };
}

/** "vault-2 (raft a2)", or the raft id alone for a peer that no node of fleet.yaml claims. */
const peerName = (id: string, view: NodeView | undefined): string =>
  view ? `${view.node.name} (raft ${id})` : `raft peer ${id}`;

function deadFinding(
  picture: Picture,
  server: AutopilotServer,
  contact: number,
  under: FindingCode | undefined,
) {
  const voter = isVoter(picture, server);
  const view = nodeOf(picture.nodes, server.id);
  const name = peerName(server.id, view);
  const evidence = [
    `Last contact with the leader ${span(contact)} ago; autopilot says healthy: ${server.healthy}.`,
    `Cluster address ${server.address ?? 'not shown'}, ${voter ? 'voter' : 'non-voter'}, last index ${server.last_index}.`,
  ];
  if (view && !under) evidence.push(`Vault on ${view.node.name} answers here as ${view.state.name}.`);
  return finding(
    'raft-peer-dead',
    peer(server.id),
    `${name} of ${picture.cluster.name} is out of contact`,
    evidence,
    {
      ...(voter
        ? {}
        : {
            severity: 'info' as const,
            meaning: 'A member without a vote is out of contact: no quorum hangs on it.',
          }),
      ...(under ? { under } : {}),
    },
  );
}

function isVoter(picture: Picture, server: AutopilotServer): boolean {
  const member = picture.raft.members.value?.find((one) => one.nodeId === server.id);
  if (member) return member.voter;
  return server.status !== 'non-voter';
}

function peerLagging(picture: Picture, servers: AutopilotServer[], leader: string | undefined): Judgement {
  const code = 'raft-peer-lagging';
  const head = servers.find((server) => isLeader(server, leader)) ?? servers.reduce(further);
  const differs: Differing[] = [];
  for (const server of servers) {
    if (server === head) continue;
    const contact = contactMs(server);
    const subject = peer(server.id);
    if (contact === undefined || isDead(picture, server, contact)) {
      differs.push({ subject, verdict: unjudged(`${server.id} is out of contact: its index is old`) });
      continue;
    }
    const view = nodeOf(picture.nodes, server.id);
    if (isUnheard(server) || isJustBack(server, view, picture.now)) {
      differs.push({
        subject,
        verdict: unjudged(`${whoLeads([server])} has not heard from ${server.id} yet`),
      });
      continue;
    }
    const behind = head.last_index - server.last_index;
    if (behind <= picture.cluster.thresholds.peerLagEntries) continue;
    const under = view && codeOf(view);
    const summary = `${peerName(server.id, view)} of ${picture.cluster.name} is behind the leader`;
    const evidence = [
      `${behind} entries behind: index ${server.last_index}, the leader's is ${head.last_index}.`,
      `Last contact ${span(contact)} ago; more than ${picture.cluster.thresholds.peerLagEntries} entries count as lagging.`,
    ];
    differs.push({
      subject,
      verdict: present(finding(code, subject, summary, evidence, under ? { under } : {})),
    });
  }
  return { code, fallback: absent, differs };
}

const whoLeads = (silent: AutopilotServer[]): string =>
  silent.every(isUnheard) ? 'a new leader' : 'the leader';

const further = (a: AutopilotServer, b: AutopilotServer): AutopilotServer =>
  b.last_index > a.last_index ? b : a;

/** Explained when every server that autopilot calls unhealthy is a node, or a peer, with a finding of its own. */
function raftUnhealthy(picture: Picture, servers: AutopilotServer[], dead: Judgement): Judgement {
  const autopilot = picture.raft.autopilot.value;
  if (!autopilot || autopilot.healthy) return ofCluster('raft-unhealthy', absent);
  const ill = servers.filter((server) => !server.healthy);
  const notHeard = (server: AutopilotServer): boolean =>
    !isPresent(dead, server.id) &&
    (isUnheard(server) || isJustBack(server, nodeOf(picture.nodes, server.id), picture.now));
  const heard = ill.filter((server) => !notHeard(server));
  if (ill.length > 0 && heard.length === 0)
    return ofCluster('raft-unhealthy', unjudged(`${whoLeads(ill)} has not heard from its peers yet`));
  const explain = explainer(picture.nodes);
  const codes = heard.map((server): FindingCode | undefined => {
    const own = explain(server.id);
    if (own) return own;
    return isPresent(dead, server.id) ? 'raft-peer-dead' : undefined;
  });
  const under = codes.length > 0 && codes.every((code) => code !== undefined) ? codes[0] : undefined;
  const names = ill.map((server) => peerName(server.id, nodeOf(picture.nodes, server.id)));
  const evidence = ill.map(
    (server) => `${server.id}: healthy: false, last contact ${server.last_contact} ago.`,
  );
  evidence.push(`autopilot: healthy: false, failure_tolerance: ${autopilot.failure_tolerance}.`);
  const summary = `autopilot calls ${picture.cluster.name} unhealthy${names.length > 0 ? `: ${listed(names)}` : ''}`;
  return ofCluster(
    'raft-unhealthy',
    present(finding('raft-unhealthy', theCluster, summary, evidence, under ? { under } : {})),
  );
}

function isPresent(judgement: Judgement, nodeId: string): boolean {
  return judgement.differs.some(({ subject, verdict }) => {
    return verdict.state === 'present' && 'name' in subject && subject.name === nodeId;
  });
}
