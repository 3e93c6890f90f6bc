/** Judges of the four headlines that say why nothing is active in a cluster. */
import type { finding } from '../../finding.ts';
import { isSilent, isUnsealed } from './node-state.ts';
import type { HeadlineCode } from './outage.ts';
import { clusterDown, clusterSealed, noLeader, storageUnavailable } from './outage-findings.ts';
import { absent, type Judgement, ofCluster, type Picture, present, unjudged } from './picture.ts';
import { listed } from './words.ts';

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
  const unsealed = nodes.some(({ state }) => isUnsealed(state));
  const allHeard = () => !nodes.some(({ state }) => isSilent(state));
  switch (code) {
    case 'no-leader':
      if (outage.kind !== 'none') return !unsealed && allHeard();
      return !outage.dr || nodes.every(({ state }) => state.name === 'dr-secondary');
    case 'cluster-sealed':
      return unsealed || (allHeard() && !nodes.some(({ state }) => state.name === 'sealed'));
    case 'cluster-down':
      return unsealed || allHeard() || (outage.kind === 'headline' && outage.code === 'cluster-sealed');
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
