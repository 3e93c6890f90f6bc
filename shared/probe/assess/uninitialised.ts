/** Judge of 501: a new cluster, a node that waits to join, or data that is gone. */
import { finding } from '../../finding.ts';
import { silence } from './nodes.ts';
import {
  type Judgement,
  type NodeView,
  nodeSubject,
  ofNodes,
  type Picture,
  present,
  unjudged,
} from './picture.ts';
import { iso } from './words.ts';

/** A node that waits to join for longer than this does not merely start, ms. */
export const joinTimeMs = 600_000;

/** Waits to join, and not for too long: it counts neither for nor against the cluster. */
export function isJoining(view: NodeView, now: number): boolean {
  return view.state.name === 'joiner' && now - (view.facts?.since ?? now) <= joinTimeMs;
}

/**
 * A cluster of which no node ever had data is new: information, once a node, with the same words. If the
 * cluster is known to have held data, the same answers mean that it lost all of it: critical.
 */
export function judgeUninitialised(picture: Picture): Judgement[] {
  return [
    ofNodes('node-uninitialised', picture, (view) => {
      const why = silence(view);
      if (why) return unjudged(why);
      if (view.state.name === 'joiner')
        return isJoining(view, picture.now) ? undefined : waitsTooLong(picture, view);
      return view.state.name === 'uninitialised' ? hasNoData(picture, view) : undefined;
    }),
  ];
}

function waitsTooLong(picture: Picture, view: NodeView) {
  const since = view.facts?.since ?? picture.now;
  const under = picture.outage.kind === 'headline' ? { under: picture.outage.code } : {};
  return present(
    finding(
      'node-uninitialised',
      nodeSubject(view),
      `${view.node.name} has been waiting to join since ${iso(since)}`,
      [
        'sys/health answers 501 beside a node of the same cluster that has data.',
        'It waits to join: it does not need init.',
      ],
      {
        advice:
          'Do not run init on it. Check its retry_join, its CA for the leader and the way to the active node.',
        ...under,
      },
    ),
  );
}

function hasNoData(picture: Picture, view: NodeView) {
  const { name } = view.node;
  const { cluster, outage, storage } = picture;
  const about = (summary: string, evidence: string, over: Parameters<typeof finding>[4] = {}) =>
    present(
      finding('node-uninitialised', nodeSubject(view), summary, ['sys/health answers 501.', evidence], over),
    );
  const lost = picture.known;
  if (outage.kind === 'uninitialised' && lost) {
    return about(`${name} has lost its data, like every node of ${cluster.name}`, heldData, {
      severity: 'critical',
      meaning: 'Every node of this cluster has lost its data: nothing that needs a secret from it works.',
      advice:
        'Do not run init: it would start an empty cluster. Find the old storage volumes, or a snapshot.',
    });
  }
  if (outage.kind === 'uninitialised') {
    return about(
      `${name} is not initialised, like every node of ${cluster.name}`,
      'No node of this cluster has data.',
      {
        severity: 'info',
        meaning: 'This cluster is new: it has no data and serves nothing yet.',
        advice:
          'If it is new: run `vault operator init` once, on one node. If it ever held data: find its storage.',
      },
    );
  }
  if (lost && (storage === 'raft' || storage === 'unknown')) {
    return about(`${name} has lost its data`, `It was a member of ${cluster.name} with data before.`);
  }
  if (lost)
    return about(
      `${name} has no data`,
      `Other nodes of ${cluster.name} have: it reads another storage or path.`,
    );
  return about(
    `${name} has no data`,
    'The other nodes do not answer: whether the cluster is new cannot be seen.',
  );
}

const heldData = 'Sealwatch saw this cluster hold data before.';
