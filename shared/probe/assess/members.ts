/** Judges of raft membership: members that fleet.yaml does not know, and nodes that are no members. */
import { finding, type Subject } from '../../finding.ts';
import {
  absent,
  absentOf,
  type Differing,
  type Judgement,
  type Picture,
  present,
  theCluster,
  unjudged,
} from './picture.ts';
import { nodeOf } from './raft-view.ts';
import { isJoining } from './uninitialised.ts';

const peer = (name: string): Subject => ({ kind: 'peer', name });

export function judgeMembers(picture: Picture): Judgement[] {
  return [peerUnknown(picture), peerMissing(picture)];
}

/** Only with every nodeId in fleet.yaml is a member known not to be there; else only too many voters tell. */
function peerUnknown({ cluster, nodes, raft }: Picture): Judgement {
  const code = 'raft-peer-unknown';
  if (!raft.applies) return absentOf(code);
  const members = raft.members.value;
  if (!members) return { code, fallback: unjudged(raft.members.why ?? ''), differs: [] };
  if (nodes.every((view) => view.node.nodeId !== undefined)) {
    const unknown = members.filter((member) => !nodeOf(nodes, member.nodeId));
    const differs = unknown.map((member) => {
      const summary = `raft peer ${member.nodeId} of ${cluster.name} is not in fleet.yaml`;
      const evidence = [
        `Cluster address ${member.address}, ${member.voter ? 'voter' : 'non-voter'}.`,
        `${members.length} members in the raft configuration, ${nodes.length} nodes in fleet.yaml.`,
      ];
      return {
        subject: peer(member.nodeId),
        verdict: present(finding(code, peer(member.nodeId), summary, evidence)),
      };
    });
    return { code, fallback: absent, differs };
  }
  const fallback = unjudged('not every node has a nodeId in fleet.yaml');
  const voters = members.filter((member) => member.voter);
  const known = Math.max(nodes.length, cluster.expect.voters ?? 0);
  if (voters.length <= known) return { code, fallback, differs: [{ subject: theCluster, verdict: absent }] };
  const summary = `${cluster.name} has ${voters.length} raft voters, fleet.yaml knows of ${known}`;
  const evidence = voters.map((member) => `Voter ${member.nodeId}, ${member.address}.`);
  evidence.push('With a nodeId for every node in fleet.yaml, Sealwatch can say which one is unknown.');
  return {
    code,
    fallback,
    differs: [{ subject: theCluster, verdict: present(finding(code, theCluster, summary, evidence)) }],
  };
}

function peerMissing(picture: Picture): Judgement {
  const { cluster, nodes, raft, now } = picture;
  const code = 'raft-peer-missing';
  if (!raft.applies) return absentOf(code);
  const members = raft.members.value;
  if (!members) return { code, fallback: unjudged(raft.members.why ?? ''), differs: [] };
  const differs: Differing[] = [];
  for (const view of nodes) {
    const { nodeId, name } = view.node;
    if (nodeId === undefined || members.some((member) => member.nodeId === nodeId)) continue;
    const subject = peer(nodeId);
    if (isJoining(view, now)) {
      differs.push({ subject, verdict: unjudged(`${name} waits to join`) });
      continue;
    }
    const evidence = [
      `Members: ${members.map((member) => member.nodeId).join(', ') || 'none'}.`,
      `${name} has nodeId ${nodeId} in fleet.yaml. Vault on ${name}: ${view.state.name}.`,
    ];
    const under = explains[view.state.name];
    const summary = `${name} (${nodeId}) is not a member of the raft cluster ${cluster.name}`;
    differs.push({
      subject,
      verdict: present(finding(code, subject, summary, evidence, under ? { under } : {})),
    });
  }
  return { code, fallback: absent, differs };
}

/** States that already say why a node is no member. */
const explains: Partial<Record<string, 'node-removed' | 'node-uninitialised'>> = {
  removed: 'node-removed',
  joiner: 'node-uninitialised',
  uninitialised: 'node-uninitialised',
};
