/**
 * Key versions that are not in use any more, and what needs them all the same. A version that was disabled too early
 * takes away the way back; nothing tells of that until the night it is needed (rule 11).
 */
import { inTime } from '../../escrow/call.ts';
import type { Custodian } from '../../escrow/custodian.ts';
import {
  type Generation,
  type GenerationRow,
  generationBlobName,
  generationIn,
  type OldKeyVersion,
} from '../../escrow/generation.ts';
import { readGeneration } from '../../escrow/read.ts';
import type { RecoverState } from '../../state/recover-ports.ts';
import type { RecoverDeps } from './deps.ts';
import { readAccepted } from './escrowed.ts';

export interface OldKey extends OldKeyVersion {
  /** Empty: nothing does. */
  neededBy: string[];
}

/** Something that is kept, and the key versions that open it. */
export interface Need {
  what: string;
  /** Undefined: it cannot be read, so it may need any. */
  keyIds?: ReadonlySet<string>;
}

type Kept = Pick<RecoverState, 'generations' | 'escrow'>;

const mostOldKeys = 20;
const custodianMs = 10_000;

/** For the row of what follows `before`: what that was wrapped by, and this is not. */
export async function keysBefore(
  state: Pick<RecoverState, 'escrow'>,
  before: GenerationRow,
  next: Generation,
): Promise<Pick<GenerationRow, 'oldKeys'>> {
  const read = await readAccepted(state, before);
  const all = [...(before.oldKeys ?? []), ...(read.ok ? keysOf(read.generation) : [])];
  const used = keyIdsOf(next);
  const old = new Map(all.filter(({ keyId }) => !used.has(keyId)).map((key) => [JSON.stringify(key), key]));
  return old.size > 0 ? { oldKeys: [...old.values()].slice(-mostOldKeys) } : {};
}

/** What is in use, and what may be gone back to, of every cluster: they may share a key. */
export async function needsOf(state: Kept): Promise<Need[]> {
  const { rows, unreadable } = await state.generations.all();
  const needs: Need[] = unreadable.map(({ partition, why }) => unknown(partition, why));
  for (const row of rows) {
    const { cluster, generation, revision, provenAt, previous } = row;
    const inUse = `generation ${generation}.${revision} of ${cluster}, which is in use: sealwatch escrow rewrap --cluster ${cluster}`;
    needs.push(await needOf(state, row, inUse));
    if (provenAt !== undefined || !previous) continue;
    const back = `generation ${previous.generation}.${previous.revision} of ${cluster}, which an approver may go back to until ${generation}.${revision} has unsealed a node`;
    needs.push(await needOf(state, { ...previous, cluster }, back));
  }
  return needs;
}

/** @param needs as `needsOf` found them: read once for all clusters. */
export async function oldKeysOf(state: Kept, row: GenerationRow, needs: Need[]): Promise<OldKey[]> {
  const { oldKeys = [] } = row;
  if (oldKeys.length === 0) return [];
  const all = [...needs, ...(await replaced(state, row))];
  return oldKeys.map(({ custodian, keyId }) => {
    const neededBy = all.filter(({ keyIds }) => keyIds?.has(keyId) ?? true).map(({ what }) => what);
    return { custodian, keyId, neededBy: [...new Set(neededBy)] };
  });
}

/** Without those that Key Vault does not have any more, or that somebody disabled: their story is over. */
export async function stillEnabled(
  { clock }: Pick<RecoverDeps, 'clock'>,
  { oldKeys = [] }: Pick<GenerationRow, 'oldKeys'>,
  custodians: ReadonlyMap<string, Custodian>,
): Promise<Pick<GenerationRow, 'oldKeys'>> {
  const kept: OldKeyVersion[] = [];
  for (const key of oldKeys) {
    const facts = await inTime({ clock, timeoutMs: custodianMs }, async (signal) =>
      custodians.get(key.custodian)?.facts(key.keyId, signal),
    );
    const isOver = facts?.ok
      ? !facts.value.enabled
      : facts?.error.code === 'key-deleted' || facts?.error.code === 'key-disabled';
    if (!isOver) kept.push(key);
  }
  return kept.length > 0 ? { oldKeys: kept } : {};
}

async function needOf(state: Kept, row: Parameters<typeof readAccepted>[1], what: string): Promise<Need> {
  try {
    const read = await readAccepted(state, row);
    return read.ok ? { what, keyIds: keyIdsOf(read.generation) } : unknown(row.cluster, read.why);
  } catch {
    return unknown(row.cluster, 'storage does not give what is in use');
  }
}

/**
 * Other shares than those in use: a snapshot from before a rekey opens with nothing else. Of each such generation its
 * newest blob counts: older revisions hold the same shares.
 */
async function replaced({ escrow }: Kept, { cluster, generation }: GenerationRow): Promise<Need[]> {
  const found = (await escrow.list(cluster)).flatMap((name) => generationIn(name, cluster) ?? []);
  const newest = new Map<number, number>();
  for (const one of found) {
    if (one.generation === generation) continue;
    newest.set(one.generation, Math.max(one.revision, newest.get(one.generation) ?? 0));
  }
  const needs: Need[] = [];
  for (const [number, revision] of newest) {
    const name = generationBlobName({ cluster, generation: number, revision });
    const blob = await escrow.read(name);
    const read = blob && readGeneration(blob.bytes);
    if (!read?.ok) continue;
    const what = `the blob ${name}, for a snapshot of ${cluster} from the time when generation ${number} was its key`;
    needs.push({ what, keyIds: keyIdsOf(read.generation) });
  }
  return needs;
}

function unknown(cluster: string, why: string): Need {
  return { what: `perhaps ${cluster}: ${why}` };
}

/** A passphrase has no versions. */
function keysOf({ envelopes }: Generation): OldKeyVersion[] {
  return envelopes.flatMap(({ custodian, keyId, wrap }) =>
    wrap === 'RSA-OAEP-256' ? [{ custodian, keyId }] : [],
  );
}

function keyIdsOf(generation: Generation): Set<string> {
  return new Set(keysOf(generation).map(({ keyId }) => keyId));
}
