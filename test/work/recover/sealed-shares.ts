/** Shares as an import brings them in: sealed into a generation, or all the way into use. */
import { randomBytes } from 'node:crypto';
import type { Clock } from '../../../shared/clock.ts';
import type { Custodian } from '../../../shared/escrow/custodian.ts';
import { type Generation, generationBlobName, type TrustBinding } from '../../../shared/escrow/generation.ts';
import { sealGeneration } from '../../../shared/escrow/seal-generation.ts';
import { Share } from '../../../shared/escrow/share.ts';
import { generationBytes } from '../../../shared/escrow/write.ts';
import type { Cluster } from '../../../shared/fleet/fleet.ts';
import type { Person } from '../../../shared/people/person.ts';
import { acceptGeneration } from '../../../shared/work/recover/accept.ts';
import type { RecoverDeps } from '../../../shared/work/recover/deps.ts';
import type { Holdings } from './fleet-text.ts';

export async function sealedShares(
  about: { cluster: string; generation: number; threshold: number; trust: TrustBinding },
  /** base64 */
  shares: readonly string[],
  holdings: Holdings,
  {
    custodians,
    clock,
    createdBy,
  }: { custodians: ReadonlyMap<string, Custodian>; clock: Clock; createdBy: string },
): Promise<Generation> {
  const opened = shares.map((share, place) => new Share(place + 1, Buffer.from(share, 'base64')));
  const sealed = await sealGeneration(
    {
      identity: { ...about, kind: 'unseal', count: shares.length },
      shares: opened,
      holdings: Object.entries(holdings).map(([name, held]) => ({ name, shares: held })),
      made: { createdAt: clock.now(), createdBy },
    },
    { custodians, random: randomBytes, calling: { clock, timeoutMs: 20_000 } },
  );
  for (const share of opened) share.destroy();
  if (!sealed.ok) throw new Error(sealed.problems.join('; '));
  return sealed.generation;
}

/**
 * The cluster's next generation: its blob, and the recover app's row.
 *
 * @param shares base64, all of them.
 * @param holdings who gets which; default: as fleet.yaml says.
 */
export async function importShares(
  deps: RecoverDeps,
  cluster: Cluster,
  shares: readonly string[],
  by: Person,
  { threshold = 3, holdings = holdingsOf(cluster) }: { threshold?: number; holdings?: Holdings } = {},
): Promise<void> {
  const { name } = cluster;
  const trust = await deps.binding(cluster);
  if (!trust.ok) throw new Error(trust.problem);
  const generation = ((await deps.state.generations.newest(name))?.value.generation ?? 0) + 1;
  const custodians = await deps.custodians(cluster);
  const sealing = { custodians, clock: deps.clock, createdBy: by.id };
  const about = { cluster: name, generation, threshold, trust: trust.binding };
  const sealed = await sealedShares(about, shares, holdings, sealing);
  await deps.state.escrow.create(generationBlobName(sealed), generationBytes(sealed));
  const accepted = await acceptGeneration(deps, name, by, { generation, revision: 1 });
  if (!accepted.ok) throw new Error(accepted.message);
}

function holdingsOf({ escrow }: Cluster): Holdings {
  return Object.fromEntries(escrow.custodians.map(({ name, shares }) => [name, shares]));
}
