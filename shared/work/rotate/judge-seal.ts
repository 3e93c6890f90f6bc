/** One cluster's seal: what is gathered of it by its type, and who judges that. */
import type { Cluster, Fleet, Seal } from '../../fleet/fleet.ts';
import { exerciseTransit } from '../../readiness/exercise/transit.ts';
import { judgeShamir } from '../../readiness/judge/shamir.ts';
import { judgeTransit } from '../../readiness/judge/transit.ts';
import { notExercisable, notExercised } from '../../readiness/judge/unknown.ts';
import type { Judged } from '../../readiness/readiness.ts';
import type { RotateDeps } from './deps.ts';
import { judgeByKeyVault } from './judge-azure-seal.ts';
import { leaderSinceBy } from './leader-since.ts';

/** For one request to a provider, ms: above the 5 s that a Vault without its storage takes to say so. */
const timeoutMs = 8_000;

/** By itself: what stands behind its provider is judged by who knows the others (./ready.ts). */
export async function judgeSeal(deps: RotateDeps, fleet: Fleet, cluster: Cluster): Promise<Judged> {
  const { seal } = cluster;
  switch (seal.type) {
    case 'shamir':
      return judgeShared(deps, cluster);
    case 'transit':
      return judgeProvided(deps, fleet, cluster, seal);
    case 'azurekeyvault':
      return judgeByKeyVault(deps, seal, leaderSinceBy(deps, cluster));
    case 'other':
      return notExercisable('what unseals it is not known to Sealwatch: seal.type is other');
  }
}

async function judgeShared(deps: RotateDeps, cluster: Cluster): Promise<Judged> {
  const { rows, unreadable } = await deps.generations(cluster.name);
  const [damaged] = unreadable;
  if (damaged) return notExercised(`table generations: row ${damaged.row} cannot be read: ${damaged.why}`);
  return judgeShamir(cluster, rows[0], deps.clock.now());
}

async function judgeProvided(
  deps: RotateDeps,
  fleet: Fleet,
  cluster: Cluster,
  seal: Extract<Seal, { type: 'transit' }>,
): Promise<Judged> {
  const provider = fleet.clusters.find(({ name }) => name === seal.provider);
  if (!provider) return notExercised(`seal.provider: ${seal.provider} is no cluster of fleet.yaml`);
  const access = await deps.transit(cluster, provider);
  if (!access.ok) return notExercised(access.why);
  const { clock, random } = deps;
  try {
    const ports = { ...access.ports, leaderSince: leaderSinceBy(deps, cluster), random, clock, timeoutMs };
    const exercise = await exerciseTransit(seal, ports);
    return judgeTransit(seal, exercise, clock.now());
  } finally {
    await access.close();
  }
}
