/** Opens as many shares as a recovery needs, and no more (rule 3). */
import { type Calling, inTime, slept } from './call.ts';
import type { Custodian } from './custodian.ts';
import { type EscrowFailure, notConfigured } from './failure.ts';
import type { Generation } from './generation.ts';
import { Candidates } from './open/candidates.ts';
import { openShare } from './seal.ts';
import type { Share } from './share.ts';

export interface OpenRequest {
  generation: Generation;
  /** By name. Envelopes of others are left alone. */
  custodians: ReadonlyMap<string, Custodian>;
  calling: Calling;
  /** How many distinct shares; default: the threshold, and never more than it. */
  want?: number;
}

/** For the audit: which key opened which share. */
export interface OpenedKey {
  index: number;
  custodian: string;
  keyId: string;
}

export type OpenResult =
  /** In the order of their indexes; the caller's to destroy. `failures`: what went wrong on the way. */
  | { ok: true; shares: Share[]; opened: OpenedKey[]; failures: EscrowFailure[] }
  /** What had been opened is destroyed. */
  | { ok: false; message: string; opened: OpenedKey[]; failures: EscrowFailure[] };

/**
 * Custodians are asked at the same time, but calls under way and shares opened together never exceed what is wanted.
 * Where one fails, another share or custodian takes its place; throttled and absent ones are asked again a little.
 */
export async function openThreshold({
  generation,
  custodians,
  calling,
  want = generation.threshold,
}: OpenRequest): Promise<OpenResult> {
  const wanted = Math.max(1, Math.min(want, generation.threshold));
  const shares = new Map<number, Share>();
  const opened: OpenedKey[] = [];
  const failures: EscrowFailure[] = [];
  const note = (failure: EscrowFailure) => {
    if (!failures.some((one) => same(one, failure))) failures.push(failure);
  };
  const candidates = new Candidates(generation.envelopes, calling.clock);
  for (const { index, custodian } of candidates.without(custodians)) note(notConfigured(index, custodian));

  /** Opens one share, or finds that none is left. */
  async function openOne(): Promise<void> {
    while (!calling.signal?.aborted && candidates.indexes >= wanted) {
      const next = candidates.take();
      if (next === undefined) return;
      if ('waitMs' in next) {
        if (!(await slept(calling, next.waitMs))) return;
        continue;
      }
      const { envelope } = next;
      const custodian = custodians.get(envelope.custodian) as Custodian;
      const result = await inTime(calling, (signal) =>
        openShare({ identity: generation, envelope, custodian }, signal),
      );
      if (result.ok) {
        shares.set(envelope.index, result.value);
        opened.push({ index: envelope.index, custodian: custodian.name, keyId: envelope.keyId });
        candidates.succeeded(next);
        return;
      }
      note(result.failure);
      candidates.failed(next, result.failure);
    }
  }

  let complete = false;
  try {
    // Each opens at most one share: together no more than wanted, whatever happens.
    await settled(Array.from({ length: wanted }, openOne));
    complete = shares.size === wanted && !calling.signal?.aborted;
    const inOrder = [...shares.values()].sort((a, b) => a.index - b.index);
    opened.sort((a, b) => a.index - b.index);
    if (complete) return { ok: true, shares: inOrder, opened, failures };
    return { ok: false, message: missing(shares.size, wanted, failures), opened, failures };
  } finally {
    if (!complete) for (const share of shares.values()) share.destroy();
  }
}

/** Waits for all, also when one throws: none may open a share after the others were destroyed. */
async function settled(all: Promise<void>[]): Promise<void> {
  const failed = (await Promise.allSettled(all)).find((one) => one.status === 'rejected');
  if (failed) throw failed.reason;
}

function missing(got: number, wanted: number, failures: EscrowFailure[]): string {
  const why = failures.map(({ message }) => message).join('; ') || 'it was stopped';
  return `${got} of ${wanted} shares could be opened: ${why}`;
}

/** What a custodian is told to have failed with once is enough; a changed envelope counts by its index. */
function same(a: EscrowFailure, b: EscrowFailure): boolean {
  return a.custodian === b.custodian && a.code === b.code && (a.code !== 'tampered' || a.index === b.index);
}
