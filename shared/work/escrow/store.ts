/** Shares → envelopes → blob, with the login of the person who imports. *Recover* takes it into use, or not. */
import { timingSafeEqual } from 'node:crypto';
import { patiently } from '../../escrow/call.ts';
import type { Custodian } from '../../escrow/custodian.ts';
import { type Generation, generationBlobName } from '../../escrow/generation.ts';
import { openShare } from '../../escrow/seal.ts';
import { type Sealing, sealGeneration } from '../../escrow/seal-generation.ts';
import type { Share } from '../../escrow/share.ts';
import { generationBytes } from '../../escrow/write.ts';
import type { RecoverDeps } from '../recover/deps.ts';
import { custodianMs } from '../recover/revision.ts';
import type { ImportView } from './look.ts';

export type StoredGeneration =
  | { ok: true; blob: string; generation: number; revision: number }
  | { ok: false; problems: string[] };

/**
 * Creates the blob; nothing is written before every share is sealed, and every envelope of a local custodian was opened
 * again. The shares stay the caller's to destroy.
 *
 * @param by `tid/oid`, or `local:NAME`.
 */
export async function storeGeneration(
  deps: RecoverDeps,
  { cluster, binding, seal, generation }: ImportView,
  shares: Share[],
  by: string,
): Promise<StoredGeneration> {
  const { clock, state } = deps;
  const custodians = await deps.custodians(cluster);
  const sealing: Sealing = {
    custodians,
    random: (bytes) => deps.random(bytes),
    calling: { clock, timeoutMs: custodianMs },
  };
  const { threshold, count } = seal;
  const kind = seal.recoverySeal ? 'recovery' : 'unseal';
  const identity = { cluster: cluster.name, generation, kind, threshold, count, trust: binding } as const;
  const holdings = cluster.escrow.custodians.map(({ name, shares }) => ({ name, shares }));
  const made = { createdAt: clock.now(), createdBy: by };
  const sealed = await sealGeneration({ identity, shares, holdings, made }, sealing);
  if (!sealed.ok) return { ok: false, problems: sealed.problems };
  const local = new Set(
    cluster.escrow.custodians.flatMap(({ kind, name }) => (kind === 'local' ? [name] : [])),
  );
  const wrong = await reopened(sealed.generation, shares, local, sealing);
  if (wrong !== undefined) return { ok: false, problems: [wrong] };
  const blob = generationBlobName(sealed.generation);
  const created = await state.escrow.create(blob, generationBytes(sealed.generation));
  if (created.created) return { ok: true, blob, generation, revision: sealed.generation.revision };
  return { ok: false, problems: [`somebody else imported meanwhile: the blob ${blob} exists. Run it again`] };
}

/** The passphrase may be on this machine alone: whether it opens what it wrapped is seen here or nowhere. */
async function reopened(
  generation: Generation,
  shares: Share[],
  local: ReadonlySet<string>,
  { custodians, calling }: Sealing,
): Promise<string | undefined> {
  for (const envelope of generation.envelopes.filter(({ custodian }) => local.has(custodian))) {
    const custodian = custodians.get(envelope.custodian) as Custodian;
    const opened = await patiently(calling, (signal) =>
      openShare({ identity: generation, envelope, custodian }, signal),
    );
    if (!opened.ok) return opened.failure.message;
    const given = shares.find(({ index }) => index === envelope.index);
    const same = given?.use((a) => opened.value.use((b) => a.length === b.length && timingSafeEqual(a, b)));
    opened.value.destroy();
    if (same !== true) {
      return `share ${envelope.index} of custodian "${envelope.custodian}" is another one once opened: tell the maintainers`;
    }
  }
  return undefined;
}
