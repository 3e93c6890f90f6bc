/**
 * Judges what a probe of one cluster returned. Pure: the same observation, memory and time give the same
 * assessment. The list below is the whole of it: to add a code, add its judge there.
 */
import { type Assessment, assessmentOf } from '../finding.ts';
import type { Cluster } from '../fleet/fleet.ts';
import { judgeCertificates } from './assess/certificates.ts';
import { judgeCleanup } from './assess/cleanup.ts';
import { cover } from './assess/cover.ts';
import { judgeDenied } from './assess/denied.ts';
import { clusterFacts } from './assess/facts.ts';
import { judgeHeadlines } from './assess/headlines.ts';
import { judgeMembers } from './assess/members.ts';
import { judgeNodes } from './assess/nodes.ts';
import { outageOf } from './assess/outage.ts';
import { judgePeers } from './assess/peers.ts';
import type { Judge, Judgement, Picture } from './assess/picture.ts';
import { raftView, storageOf } from './assess/raft-view.ts';
import { judgeRestarts } from './assess/restarts.ts';
import { judgeSealBackend } from './assess/seal-backend.ts';
import { judgeSealed } from './assess/sealed.ts';
import { judgeSplitBrain } from './assess/split-brain.ts';
import { judgeTolerance } from './assess/tolerance.ts';
import { judgeUninitialised } from './assess/uninitialised.ts';
import { judgeVersions } from './assess/versions.ts';
import { viewsOf } from './assess/views.ts';
import type { ClusterFacts } from './head-facts.ts';
import type { ClusterObservation } from './observation.ts';

const judges: readonly Judge[] = [
  judgeHeadlines,
  judgeSplitBrain,
  judgeNodes,
  judgeSealed,
  judgeUninitialised,
  judgeRestarts,
  judgePeers,
  judgeMembers,
  judgeTolerance,
  judgeCleanup,
  judgeSealBackend,
  judgeVersions,
  judgeCertificates,
  judgeDenied,
];

/**
 * `before`: facts of the last assessment, undefined at first sight. `now`: wall clock, ms. The facts returned
 * are `before` itself when nothing changed. Every code judged here has a default; `verdicts` lists only what
 * differs from it, so a healthy cluster's is empty.
 */
export function assess(
  cluster: Cluster,
  observation: ClusterObservation,
  before: ClusterFacts | undefined,
  now: number,
): { assessment: Assessment; facts: ClusterFacts } {
  const storage = storageOf(cluster, observation);
  const raft = raftView(observation, storage);
  const { nodes, known } = viewsOf(cluster, observation, before, storage);
  const facts = clusterFacts(nodes, raft.members.value, observation.finishedAt, before);
  const outage = outageOf(nodes, storage, known);
  const picture: Picture = { cluster, observation, before, facts, now, nodes, storage, raft, outage, known };

  const judgements: Judgement[] = [];
  for (const judge of judges) judgements.push(...judge(picture));
  const differing = judgements.filter(({ differs }) => differs.length > 0);
  cover(differing, outage);
  const verdicts = differing.flatMap(({ code, differs }) =>
    differs.map(({ subject, verdict }) => ({ code, subject, verdict })),
  );
  const assessment = assessmentOf(verdicts, () =>
    Object.fromEntries(judgements.map(({ code, fallback }) => [code, fallback])),
  );
  return { assessment, facts };
}
