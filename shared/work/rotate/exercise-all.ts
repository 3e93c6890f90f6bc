/** The seals of several clusters, each exercised by itself: what hangs for one costs no other its turn (rule 13). */
import type { Cluster, Fleet } from '../../fleet/fleet.ts';
import { OutOfTime, within } from '../../fleet/within.ts';
import { notExercised } from '../../readiness/judge/unknown.ts';
import type { Judged } from '../../readiness/readiness.ts';
import type { RotateDeps } from './deps.ts';
import { judgeSeal } from './judge-seal.ts';

/** `at`: when it was done, ms. `error`: nothing can be said or kept, as where a table cannot be read. */
export type Exercised = { ok: true; judged: Judged; at: number } | { ok: false; error: unknown };

/** For all of one cluster, ms. */
const clusterMs = 45_000;

/** Clusters exercised at the same time: they wait more than they work. */
const concurrency = 100;

/**
 * Begins at once, in the given order.
 *
 * @returns what came of one of them; it rejects for nothing but a name that was not given.
 */
export function exerciseAll(
  deps: RotateDeps,
  fleet: Fleet,
  clusters: readonly Cluster[],
): (name: string) => Promise<Exercised> {
  const results = new Map(clusters.map(({ name }) => [name, Promise.withResolvers<Exercised>()]));
  const left = [...clusters];
  const work = async () => {
    for (let cluster = left.shift(); cluster; cluster = left.shift())
      results.get(cluster.name)?.resolve(await exerciseOne(deps, fleet, cluster));
  };
  for (let workers = Math.min(concurrency, clusters.length); workers > 0; workers -= 1) void work();
  return async (name) => {
    const result = results.get(name);
    if (!result) throw new Error(`${name} is not exercised`);
    return result.promise;
  };
}

async function exerciseOne(deps: RotateDeps, fleet: Fleet, cluster: Cluster): Promise<Exercised> {
  const done = (judged: Judged): Exercised => ({ ok: true, judged, at: deps.clock.now() });
  try {
    return done(await within(clusterMs, deps.clock, () => judgeSeal(deps, fleet, cluster)));
  } catch (error) {
    if (!(error instanceof OutOfTime)) return { ok: false, error };
    const why = `the exercise was not done within ${clusterMs / 1000} s: something in it hangs`;
    return done(notExercised(why));
  }
}
