/** Readiness of each cluster: exercise, judge, keep, and tell watch where it changed. */
import type { Cluster, Fleet } from '../../fleet/fleet.ts';
import { OutOfTime, within } from '../../fleet/within.ts';
import { notExercised } from '../../readiness/judge/unknown.ts';
import type { Judged, Readiness, Standing } from '../../readiness/readiness.ts';
import type { RotateDeps } from './deps.ts';
import { judgeSeal } from './judge-seal.ts';
import { inOrder } from './seal-order.ts';

/** Exercised hourly: two that are missed, and it says nothing any more, ms. */
const validMs = 3 * 3_600_000;

/** For all of one cluster, ms: what hangs for it costs no other cluster its turn (rule 13). */
const clusterMs = 45_000;

/** Clusters exercised at the same time: they wait more than they work. */
const concurrency = 100;

/** A provider that restarted must not be told as gone for an hour: what is not ready is looked at again so soon, ms. */
const againMs = 5 * 60_000;

/** Every cluster of the fleet, providers before those that they unseal. One that fails costs no other its turn. */
export async function readyFleet(deps: RotateDeps): Promise<void> {
  const { fleet } = await deps.loadFleet();
  const before = new Map((await deps.state.readiness.list()).rows.map((row) => [row.cluster, row]));
  const standings = new Map<string, Standing>();
  const readyNext = async (left: Cluster[]): Promise<void> => {
    for (let cluster = left.shift(); cluster; cluster = left.shift()) {
      try {
        const row = await readyCluster(deps, fleet, cluster, standings, before.get(cluster.name));
        standings.set(cluster.name, row.standing);
      } catch (error) {
        deps.log.error('readiness-not-kept', { cluster: cluster.name, error });
      }
    }
  };
  for (const together of inOrder(fleet.clusters)) {
    const left = [...together];
    await Promise.all(Array.from({ length: concurrency }, () => readyNext(left)));
  }
}

/**
 * One cluster, on demand; its provider's own readiness is read as it was last found.
 *
 * @returns undefined: fleet.yaml has no such cluster.
 */
export async function readyOne(deps: RotateDeps, name: string): Promise<Readiness | undefined> {
  const { fleet } = await deps.loadFleet();
  const cluster = fleet.clusters.find((candidate) => candidate.name === name);
  if (!cluster) return undefined;
  const { rows } = await deps.state.readiness.list();
  const known = rows.filter(({ validUntil }) => validUntil > deps.clock.now());
  const standings = new Map(known.map((row) => [row.cluster, row.standing]));
  const before = rows.find((row) => row.cluster === name);
  return readyCluster(deps, fleet, cluster, standings, before);
}

/** A nudge for a cluster. Where several come at once, the first one's exercise is the answer to all. */
export async function readyNudged(deps: RotateDeps, name: string): Promise<void> {
  const { rows } = await deps.state.readiness.list(name);
  const [row] = rows;
  if (row && deps.clock.now() - row.at < againMs / 2) return;
  const done = await readyOne(deps, name);
  if (!done) deps.log.warn('nudge-for-unknown-cluster', { cluster: name });
}

async function readyCluster(
  deps: RotateDeps,
  fleet: Fleet,
  cluster: Cluster,
  standings: ReadonlyMap<string, Standing>,
  before: Readiness | undefined,
): Promise<Readiness> {
  const judged = await inTime(deps, () => judgeSeal(deps, fleet, cluster, standings));
  const at = deps.clock.now();
  const row: Readiness = {
    ...judged,
    cluster: cluster.name,
    seal: cluster.seal.type,
    at,
    validUntil: at + validMs,
  };
  await deps.state.readiness.save(row);
  try {
    await tell(deps, row, before);
  } catch (error) {
    // The row is kept: the next sweep reads it, and the next hour exercises again.
    deps.log.warn('readiness-nudge-not-sent', { cluster: cluster.name, error });
  }
  return row;
}

async function inTime(deps: RotateDeps, work: () => Promise<Judged>): Promise<Judged> {
  try {
    return await within(clusterMs, deps.clock, work);
  } catch (error) {
    if (error instanceof OutOfTime)
      return notExercised(`the exercise was not done within ${clusterMs / 1000} s: something in it hangs`);
    throw error;
  }
}

/** Only what is worth a probe before the next sweep; of what is new, that is bad news alone. */
async function tell(
  { state: { nudges } }: RotateDeps,
  { cluster, standing: { state } }: Readiness,
  before: Readiness | undefined,
): Promise<void> {
  const was = before?.standing.state;
  if (was === undefined ? state === 'not-ready' : was !== state) await nudges.send('probe', cluster, 0);
  if (state === 'not-ready') await nudges.send('turns', cluster, againMs);
}
