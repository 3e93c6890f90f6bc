/** Which finding already explains that the failure tolerance is lost. */
import type { FindingCode } from '../../finding.ts';
import { codeOf } from './nodes.ts';
import type { Picture } from './picture.ts';
import { nodeOf } from './raft-view.ts';
import { isJoining } from './uninitialised.ts';
import type { VoterCount } from './voters.ts';

/** In this order: what says most about the cause comes first. */
const order: readonly FindingCode[] = [
  'node-sealed',
  'node-unreachable',
  'node-tls',
  'node-removed',
  'node-uninitialised',
];

export function toleranceCause(picture: Picture, count: VoterCount): FindingCode | undefined {
  const members = picture.raft.members.value;
  const ill = picture.nodes.filter((view) => codeOf(view) !== undefined && matters(view.node));
  const codes = new Set(ill.map(codeOf));
  const node = order.find((code) => codes.has(code));
  if (node) return node;
  const missing = picture.nodes.some(
    (view) =>
      members &&
      view.node.nodeId !== undefined &&
      !isJoining(view, picture.now) &&
      !members.some((member) => member.nodeId === view.node.nodeId),
  );
  if (missing) return 'raft-peer-missing';
  return count.downIds.length > 0 ? 'raft-peer-dead' : undefined;

  /** A node that is ill and no voter costs no tolerance, unless a voter is missing. */
  function matters(one: { name: string; nodeId?: string }): boolean {
    if (count.down.includes(one.name) || one.nodeId === undefined) return true;
    return (
      count.voters < count.expected && !(members && nodeOf(picture.nodes, one.nodeId) && isVoter(one.nodeId))
    );
  }

  function isVoter(nodeId: string): boolean {
    return members?.some((member) => member.nodeId === nodeId && member.voter) ?? false;
  }
}
