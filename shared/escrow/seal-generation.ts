/** Shares → a whole generation, at import. */
import { type Calling, patiently } from './call.ts';
import type { Custodian } from './custodian.ts';
import { distributionOf, type Holding } from './distribution.ts';
import { type EscrowFailure, notConfigured } from './failure.ts';
import type { Envelope, Generation, GenerationIdentity } from './generation.ts';
import { type Random, sealShare } from './seal.ts';
import type { Share } from './share.ts';

export interface Sealing {
  custodians: ReadonlyMap<string, Custodian>;
  random: Random;
  calling: Calling;
}

/** Who made it, and when (ms). */
export interface Made {
  createdAt: number;
  createdBy: string;
}

export type SealedGeneration =
  | { ok: true; generation: Generation }
  | { ok: false; problems: string[]; failures: EscrowFailure[] };

/** The shares stay the caller's to destroy. Either the whole generation, or none of it. */
export async function sealGeneration(
  {
    identity,
    shares,
    holdings,
    made,
  }: {
    identity: GenerationIdentity;
    shares: Share[];
    holdings: Holding[];
    made: Made;
  },
  sealing: Sealing,
): Promise<SealedGeneration> {
  const { threshold, count } = identity;
  const { problems } = distributionOf({ custodians: holdings, threshold, count });
  if (shares.length !== count || new Set(shares.map(({ index }) => index)).size !== count) {
    problems.push(`${count} different shares are needed`);
  }
  if (problems.length > 0) return { ok: false, problems, failures: [] };
  const envelopes: Envelope[] = [];
  for (const share of [...shares].sort((a, b) => a.index - b.index)) {
    const sealed = await sealFor(identity, share, holdings, sealing);
    if (!sealed.ok) return { ok: false, problems: [sealed.failure.message], failures: [sealed.failure] };
    envelopes.push(...sealed.envelopes);
  }
  return { ok: true, generation: { schema: 1, ...identityOf(identity), revision: 1, ...made, envelopes } };
}

/** One envelope for each custodian that holds the share. */
export async function sealFor(
  identity: GenerationIdentity,
  share: Share,
  holdings: Holding[],
  { custodians, random, calling }: Sealing,
): Promise<{ ok: true; envelopes: Envelope[] } | { ok: false; failure: EscrowFailure }> {
  const envelopes: Envelope[] = [];
  for (const { name } of holdings.filter(({ shares }) => shares.includes(share.index))) {
    const custodian = custodians.get(name);
    if (!custodian) return { ok: false, failure: notConfigured(share.index, name) };
    const sealed = await patiently(calling, (signal) =>
      sealShare({ identity, share, custodian, random }, signal),
    );
    if (!sealed.ok) return sealed;
    envelopes.push(sealed.value);
  }
  return { ok: true, envelopes };
}

/** Those fields and no others, whatever else the object has. */
export function identityOf(identity: GenerationIdentity): GenerationIdentity {
  const { cluster, generation, kind, threshold, count, trust } = identity;
  return { cluster, generation, kind, threshold, count, trust };
}
