/** Tells the recover app to look at a cluster that is down and whose policy is automatic. It plans anew: no more is said. */
import type { Alert } from '../alert/alert.ts';
import { type Assessment, type FindingCode, findingKey } from '../finding.ts';
import type { Cluster } from '../fleet/fleet.ts';
import type { WatchDeps } from './deps.ts';

const mends: readonly FindingCode[] = ['node-sealed', 'cluster-sealed', 'cluster-down', 'no-leader'];

/** While a cluster stays down, ms. */
const everyMs = 60_000;

/** Whether one is due at all, beyond first sight: `since` is when the cluster was first seen down, ms. */
export type NudgeDue = (since: number) => boolean;

/**
 * Due with the first sweep of each minute that a cluster is down. Nothing is stored for it: the times of this sweep
 * and the one before tell, or in batches those of this watch and the one before.
 */
export function dueEachMinute(startedAt: number, before: number | undefined): NudgeDue {
  const minute = (at: number, since: number) => Math.max(0, Math.floor((at - since) / everyMs));
  return (since) => before === undefined || minute(startedAt, since) > minute(before, since);
}

/** Never rejects: the next minute's nudge heals a lost one. @param alerts as known before this sweep. */
export function nudgeSteps(
  deps: WatchDeps,
  cluster: Cluster,
  assessment: Assessment,
  alerts: Alert[],
  isDue: NudgeDue,
): Promise<void> | undefined {
  // Of almost every cluster in almost every sweep.
  if (cluster.recovery.policy !== 'automatic' || assessment.verdicts.length === 0) return undefined;
  return nudge(deps, cluster, assessment, alerts, isDue);
}

async function nudge(
  { state, log }: WatchDeps,
  { name }: Cluster,
  assessment: Assessment,
  alerts: Alert[],
  isDue: NudgeDue,
): Promise<void> {
  const seen = assessment.verdicts.filter(
    ({ code, verdict }) => mends.includes(code) && verdict.state === 'present',
  );
  if (seen.length === 0) return;
  const open = new Map(
    alerts.filter(({ resolvedAt }) => resolvedAt === undefined).map(({ key, since }) => [key, since]),
  );
  const sinces = seen.map(({ code, subject }) => open.get(findingKey(code, subject)));
  const isFirstSight = sinces.includes(undefined);
  if (!isFirstSight && !isDue(Math.min(...sinces.map((since) => since ?? 0)))) return;
  try {
    await state.nudges.send('steps', name, 0);
  } catch (error) {
    log.error('steps-not-nudged', { cluster: name, error });
  }
}
