/** Everything the judges read of one cluster: what was observed, what state it shows, what was remembered. */
import type { Finding, FindingCode, Subject, Verdict } from '../../finding.ts';
import type { Cluster, Node } from '../../fleet/fleet.ts';
import type { ClusterFacts, NodeFacts } from '../head-facts.ts';
import type { ClusterObservation, NodeObservation } from '../observation.ts';
import type { NodeState } from './node-state.ts';
import type { Outage } from './outage.ts';
import type { RaftView } from './raft-view.ts';

export interface NodeView {
  node: Node;
  /** Undefined only for a node that this observation was made without. */
  observed: NodeObservation | undefined;
  state: NodeState;
  before: NodeFacts | undefined;
  /** What will be remembered; undefined while nothing is known of the node. */
  facts: NodeFacts | undefined;
}

/** `raft`, a store that the nodes share, or not known. Shared storage needs no quorum of Vaults. */
export type Storage = 'raft' | 'etcd' | 'consul' | 'other' | 'unknown';

export interface Picture {
  cluster: Cluster;
  observation: ClusterObservation;
  before: ClusterFacts | undefined;
  facts: ClusterFacts;
  now: number;
  nodes: NodeView[];
  storage: Storage;
  raft: RaftView;
  outage: Outage;
  /** The cluster is known to hold data, from this observation or from before. */
  known: boolean;
}

/** What one judge says of one code: the default for every subject, and the subjects that differ from it. */
export interface Judgement {
  code: FindingCode;
  fallback: { state: 'absent' } | { state: 'unjudged'; why: string };
  differs: { subject: Subject; verdict: Verdict }[];
}

export type Judge = (picture: Picture) => Judgement[];

export const absent = { state: 'absent' } as const;
export const unjudged = (why: string): { state: 'unjudged'; why: string } => ({ state: 'unjudged', why });
export const present = (finding: Finding): Verdict => ({ state: 'present', finding });

export const theCluster: Subject = { kind: 'cluster' };
export const nodeSubject = (view: NodeView): Subject => ({ kind: 'node', name: view.node.name });

/** A judgement of a code whose only subject is the cluster. */
export function ofCluster(code: FindingCode, verdict: Verdict): Judgement {
  return verdict.state === 'present'
    ? { code, fallback: absent, differs: [{ subject: theCluster, verdict }] }
    : { code, fallback: verdict, differs: [] };
}

/** A judgement of a code whose subjects are nodes: absent, but for the nodes of which `say` says otherwise. */
export function ofNodes(
  code: FindingCode,
  picture: Picture,
  say: (view: NodeView) => Verdict | undefined,
): Judgement {
  const differs: Judgement['differs'] = [];
  for (const view of picture.nodes) {
    const verdict = say(view);
    if (verdict && verdict.state !== 'absent') differs.push({ subject: nodeSubject(view), verdict });
  }
  return { code, fallback: absent, differs };
}
