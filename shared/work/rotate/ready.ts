/** Readiness of each cluster: exercise, judge, keep, and tell watch where it changed. */
import type { Cluster, Fleet } from '../../fleet/fleet.ts';
import { sealEntryHash } from '../../people/fleet-entry.ts';
import { withKeyHistory } from '../../readiness/judge/key-history.ts';
import { withUpstream } from '../../readiness/judge/upstream.ts';
import type { Judged, Readiness } from '../../readiness/readiness.ts';
import type { RotateDeps } from './deps.ts';
import { type Exercised, exerciseAll } from './exercise-all.ts';
import { inOrder, wayUp } from './seal-order.ts';

/** Exercised hourly: two that are missed, and it says nothing any more, ms. */
const validMs = 3 * 3_600_000;

/** A provider that restarted must not be told as gone for an hour: what is not ready is looked at again so soon, ms. */
const againMs = 5 * 60_000;

/** Every cluster of the fleet, providers before those that they unseal. One that fails costs no other its turn. */
export async function readyFleet(deps: RotateDeps): Promise<void> {
  const { fleet } = await deps.loadFleet();
  const { rows, unreadable } = await deps.state.readiness.list();
  const before = new Map(rows.map((row) => [row.cluster, row]));
  const exercised = exerciseAll(deps, fleet, inOrder(fleet.clusters).flat());
  await Promise.all(
    fleet.clusters.map(async (cluster) => {
      try {
        await keepOne(deps, fleet, cluster, exercised, before.get(cluster.name));
      } catch (error) {
        deps.log.error('readiness-not-kept', { cluster: cluster.name, error });
      }
    }),
  );
  await forget(deps, fleet, [...before.keys(), ...unreadable.map(({ partition }) => partition)]);
}

/**
 * One cluster, on demand. What stands behind its provider is exercised with it: a row of an hour ago says nothing of now.
 *
 * @returns undefined: fleet.yaml has no such cluster.
 */
export async function readyOne(
  deps: RotateDeps,
  name: string,
  known?: Fleet,
): Promise<Readiness | undefined> {
  const fleet = known ?? (await deps.loadFleet()).fleet;
  const cluster = fleet.clusters.find((candidate) => candidate.name === name);
  if (!cluster) return undefined;
  const { rows } = await deps.state.readiness.list(name);
  const { above } = wayUp(fleet.clusters, cluster);
  return keepOne(deps, fleet, cluster, exerciseAll(deps, fleet, [cluster, ...above]), rows[0]);
}

/** A nudge for a cluster. Where several come at once, the first one's exercise is the answer to all. */
export async function readyNudged(deps: RotateDeps, name: string): Promise<void> {
  const { rows } = await deps.state.readiness.list(name);
  const [row] = rows;
  if (row && deps.clock.now() - row.at < againMs / 2) return;
  const done = await readyOne(deps, name);
  if (!done) deps.log.warn('nudge-for-unknown-cluster', { cluster: name });
}

async function keepOne(
  deps: RotateDeps,
  fleet: Fleet,
  cluster: Cluster,
  exercised: (name: string) => Promise<Exercised>,
  before: Readiness | undefined,
): Promise<Readiness> {
  const own = await exercised(cluster.name);
  if (!own.ok) throw own.error;
  const { at } = own;
  const sealEntry = sealEntryHash(cluster.seal);
  const keySince = before?.sealEntry === sealEntry ? before.keySince : undefined;
  const judged = await behind(fleet, cluster, withKeyHistory(own.judged, keySince, at), exercised);
  const { type } = cluster.seal;
  const row: Readiness = {
    ...judged,
    cluster: cluster.name,
    seal: type,
    at,
    validUntil: at + validMs,
    sealEntry,
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

/** With what stands behind its provider, as exercised at the same time: none of them waits for another's judgement. */
async function behind(
  fleet: Fleet,
  cluster: Cluster,
  own: Judged,
  exercised: (name: string) => Promise<Exercised>,
): Promise<Judged> {
  const { above, cycle } = wayUp(fleet.clusters, cluster);
  const found = await Promise.all(above.map(({ name }) => exercised(name)));
  return withUpstream(cluster.name, own, {
    above: found.map((each, index) => ({
      name: above[index]?.name ?? '',
      standing: each.ok ? each.judged.standing : { state: 'unknown', why: 'its exercise failed' },
    })),
    cycle: cycle.map(({ name }) => name),
    hasRescue: cycle.some(({ seal }) => seal.type === 'transit' && seal.rescue !== undefined),
  });
}

/**
 * Rows of clusters that fleet.yaml does not have any more. At once, and not only when a second run misses them too: such a
 * row permits nothing and holds nothing that the next exercise would not find out anew. A fleet.yaml that is broken is
 * never in force, so it forgets nobody.
 */
async function forget({ state, log }: RotateDeps, { clusters }: Fleet, kept: string[]): Promise<void> {
  const names = new Set(clusters.map(({ name }) => name));
  for (const cluster of new Set(kept.filter((name) => !names.has(name)))) {
    try {
      await state.readiness.remove(cluster);
    } catch (error) {
      // The next hour tries again.
      log.warn('readiness-not-removed', { cluster, error });
    }
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
