/** A new revision of a generation: moved to the newest key versions, to other custodians, or to another trust. */
import { patiently } from './call.ts';
import { distributionOf, type Holding, holdingsOf } from './distribution.ts';
import { type EscrowFailure, notConfigured } from './failure.ts';
import type { Envelope, Generation } from './generation.ts';
import type { OpenedKey } from './open.ts';
import { openShare } from './seal.ts';
import { identityOf, type Made, type Sealing, sealFor } from './seal-generation.ts';
import type { Share } from './share.ts';

export type Resealed =
  | { ok: true; generation: Generation }
  | { ok: false; problems: string[]; failures: EscrowFailure[] };

/**
 * Opens and seals one share at a time (rule 3). Either the whole revision, or none of it.
 *
 * @param holdings who holds what from now on; default: as before.
 * @param opening awaited before each envelope is opened.
 * @param trust only after an approved rebind; default: as before.
 */
export async function reseal(
  {
    generation,
    trust,
    holdings = holdingsOf(generation.envelopes),
    made,
    opening,
  }: {
    generation: Generation;
    trust?: Generation['trust'];
    holdings?: Holding[];
    made: Made;
    opening?: (key: OpenedKey) => Promise<void>;
  },
  sealing: Sealing,
): Promise<Resealed> {
  const { threshold, count } = generation;
  const { problems } = distributionOf({ custodians: holdings, threshold, count });
  if (problems.length > 0) return { ok: false, problems, failures: [] };
  const identity = { ...identityOf(generation), ...(trust && { trust }) };
  const envelopes: Envelope[] = [];
  for (let index = 1; index <= count; index += 1) {
    const opened = await openAny(generation, index, sealing, opening);
    if (!opened.share) return failed(opened.failures);
    try {
      const sealed = await sealFor(identity, opened.share, holdings, sealing);
      if (!sealed.ok) return failed([sealed.failure]);
      envelopes.push(...sealed.envelopes);
    } finally {
      opened.share.destroy();
    }
  }
  return {
    ok: true,
    generation: { schema: 1, ...identity, revision: generation.revision + 1, ...made, envelopes },
  };
}

function failed(failures: EscrowFailure[]): Resealed {
  return { ok: false, problems: failures.map(({ message }) => message), failures };
}

/** By whichever of its custodians can. */
async function openAny(
  generation: Generation,
  index: number,
  { custodians, calling }: Sealing,
  opening?: (key: OpenedKey) => Promise<void>,
): Promise<{ share?: Share; failures: EscrowFailure[] }> {
  const failures: EscrowFailure[] = [];
  for (const envelope of generation.envelopes.filter((one) => one.index === index)) {
    const custodian = custodians.get(envelope.custodian);
    if (!custodian) {
      failures.push(notConfigured(index, envelope.custodian));
      continue;
    }
    await opening?.({ index, custodian: custodian.name, keyId: envelope.keyId });
    const opened = await patiently(calling, (signal) =>
      openShare({ identity: generation, envelope, custodian }, signal),
    );
    if (opened.ok) return { share: opened.value, failures };
    failures.push(opened.failure);
  }
  return { failures };
}
