/** A generation as the import makes it. */
import { randomBytes } from 'node:crypto';
import type { Clock } from '../../../shared/clock.ts';
import type { Custodian } from '../../../shared/escrow/custodian.ts';
import type { Generation, TrustBinding } from '../../../shared/escrow/generation.ts';
import { sealGeneration } from '../../../shared/escrow/seal-generation.ts';
import { Share } from '../../../shared/escrow/share.ts';
import type { Holdings } from './fleet-text.ts';

export async function sealedShares(
  about: { cluster: string; generation: number; threshold: number; trust: TrustBinding },
  /** base64 */
  shares: string[],
  holdings: Holdings,
  { custodians, clock, createdBy }: { custodians: Map<string, Custodian>; clock: Clock; createdBy: string },
): Promise<Generation> {
  const opened = shares.map((share, place) => new Share(place + 1, Buffer.from(share, 'base64')));
  const sealed = await sealGeneration(
    {
      identity: { ...about, kind: 'unseal', count: shares.length },
      shares: opened,
      holdings: Object.entries(holdings).map(([name, held]) => ({ name, shares: held })),
      made: { createdAt: clock.now(), createdBy },
    },
    { custodians, random: randomBytes, calling: { clock, timeoutMs: 10_000 } },
  );
  for (const share of opened) share.destroy();
  if (!sealed.ok) throw new Error(sealed.problems.join('; '));
  return sealed.generation;
}
