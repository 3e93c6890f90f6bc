/** What both kinds of the benchmark share: the recover app over given clusters, escrowed, its storage in memory. */
import type { Cluster, Fleet } from '../../../shared/fleet/fleet.ts';
import { parseFleet } from '../../../shared/fleet/parse.ts';
import { formatProblems } from '../../../shared/fleet/problem.ts';
import type { Person } from '../../../shared/people/person.ts';
import type { RecoverDeps } from '../../../shared/work/recover/deps.ts';
import { importShares } from '../../work/recover/sealed-shares.ts';

const bench: Person = { id: 'tid/bench', name: 'Benchmark', roles: [] };

/** Clusters as fleet.yaml has them; custodians are the keys `escrow` of these vaults. */
export function fleetOf(clusters: Record<string, object>, escrowVaults: string[]): Fleet {
  const parsed = parseFleet(JSON.stringify({ version: 1, clusters }), {
    envPrefix: 'SEALWATCH_SECRET_',
    keyVaults: [],
    escrowVaults,
    endpointHosts: [],
  });
  if (!parsed.ok) throw new Error(formatProblems(parsed.problems, 'fleet.yaml of the benchmark'));
  return parsed.fleet;
}

/** @param shares base64, all of them. */
export function escrow(
  deps: RecoverDeps,
  cluster: Cluster,
  shares: readonly string[],
  threshold: number,
): Promise<void> {
  return importShares(deps, cluster, shares, bench, { threshold });
}

export function median(values: readonly number[]): number {
  const sorted = values.toSorted((a, b) => a - b);
  const middle = Math.floor(sorted.length / 2);
  const [low = 0, high = 0] = [sorted[sorted.length % 2 === 0 ? middle - 1 : middle], sorted[middle]];
  return (low + high) / 2;
}
