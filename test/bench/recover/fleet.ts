/** What both kinds of the benchmark share: the recover app over given clusters, escrowed, its storage in memory. */
import { randomBytes } from 'node:crypto';
import { generationBlobName } from '../../../shared/escrow/generation.ts';
import { sealGeneration } from '../../../shared/escrow/seal-generation.ts';
import { Share } from '../../../shared/escrow/share.ts';
import { generationBytes } from '../../../shared/escrow/write.ts';
import type { Cluster, Fleet } from '../../../shared/fleet/fleet.ts';
import { parseFleet } from '../../../shared/fleet/parse.ts';
import { formatProblems } from '../../../shared/fleet/problem.ts';
import type { Person } from '../../../shared/people/person.ts';
import { acceptGeneration } from '../../../shared/work/recover/accept.ts';
import type { RecoverDeps } from '../../../shared/work/recover/deps.ts';

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
export async function escrow(
  deps: RecoverDeps,
  cluster: Cluster,
  shares: readonly string[],
  threshold: number,
): Promise<void> {
  const trust = await deps.binding(cluster);
  if (!trust.ok) throw new Error(trust.problem);
  const { name } = cluster;
  const sealed = await sealGeneration(
    {
      identity: {
        cluster: name,
        generation: 1,
        kind: 'unseal',
        threshold,
        count: shares.length,
        trust: trust.binding,
      },
      shares: shares.map((share, place) => new Share(place + 1, Buffer.from(share, 'base64'))),
      holdings: cluster.escrow.custodians.map((one) => ({ name: one.name, shares: one.shares })),
      made: { createdAt: deps.clock.now(), createdBy: bench.id },
    },
    {
      custodians: await deps.custodians(cluster),
      random: randomBytes,
      calling: { clock: deps.clock, timeoutMs: 20_000 },
    },
  );
  if (!sealed.ok) throw new Error(sealed.problems.join('; '));
  await deps.state.escrow.create(generationBlobName(sealed.generation), generationBytes(sealed.generation));
  const accepted = await acceptGeneration(deps, name, bench, { generation: 1, revision: 1 });
  if (!accepted.ok) throw new Error(accepted.message);
}

export function median(values: readonly number[]): number {
  const sorted = values.toSorted((a, b) => a - b);
  const middle = Math.floor(sorted.length / 2);
  const [low = 0, high = 0] = [sorted[sorted.length % 2 === 0 ? middle - 1 : middle], sorted[middle]];
  return (low + high) / 2;
}
