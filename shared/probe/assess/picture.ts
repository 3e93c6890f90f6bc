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
  differs: readonly Differing[];
}

export interface Differing {
  subject: Subject;
  verdict: Verdict;
}

export type Judge = (picture: Picture) => Judgement[];

export const absent = { state: 'absent' } as const;
export const unjudged = (why: string): { state: 'unjudged'; why: string } => ({ state: 'unjudged', why });
export const present = (finding: Finding): Verdict => ({ state: 'present', finding });

export const theCluster: Subject = { kind: 'cluster' };
export const nodeSubject = (view: NodeView): Subject => ({ kind: 'node', name: view.node.name });

const allAbsent = new Map<FindingCode, Judgement>();

/** Absent for every subject: the same object each time, as almost all judgements of a sweep are this one. */
export function absentOf(code: FindingCode): Judgement {
  const known = allAbsent.get(code);
  if (known) return known;
  const made: Judgement = Object.freeze({ code, fallback: absent, differs: Object.freeze([]) });
  allAbsent.set(code, made);
  return made;
}

/** A judgement of a code whose only subject is the cluster. */
export function ofCluster(code: FindingCode, verdict: Verdict): Judgement {
  if (verdict.state === 'absent') return absentOf(code);
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
  let differs: Differing[] | undefined;
  for (const view of picture.nodes) {
    const verdict = say(view);
    if (!verdict || verdict.state === 'absent') continue;
    differs ??= [];
    differs.push({ subject: nodeSubject(view), verdict });
  }
  return differs ? { code, fallback: absent, differs } : absentOf(code);
}
