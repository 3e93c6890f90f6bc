/**
 * What is kept, and the key versions that open it: what is in use, what may be gone back to, and every generation that
 * was replaced. Of all clusters, as they may share a key. Too much is named here rather than too little (rule 11).
 */
import {
  type Generation,
  type GenerationRow,
  generationIn,
  type OldKeyVersion,
} from '../../escrow/generation.ts';
import { readGeneration } from '../../escrow/read.ts';
import type { RecoverState } from '../../state/recover-ports.ts';
import { readAccepted } from './escrowed.ts';

/** Something that is kept, and the key versions that open it. */
export interface Need {
  cluster: string;
  what: string;
  /** Undefined: it cannot be read, so it may need any. */
  keyIds?: ReadonlySet<string>;
  /** What an approver may take that cluster back to. */
  isWayBack?: true;
}

export type Kept = Pick<RecoverState, 'generations' | 'escrow'>;

/** Clusters that are read at the same time: their blobs are read one after the other. */
const together = 8;

export async function needsOf(state: Kept): Promise<Need[]> {
  const { rows, unreadable } = await state.generations.all();
  const all = [
    ...unreadable.map(({ partition, why }) => async () => [
      unknown(partition, why),
      ...(await replaced(state, partition)),
    ]),
    ...rows.map((row) => () => needsOfRow(state, row)),
  ];
  const needs: Need[] = [];
  for (let at = 0; at < all.length; at += together) {
    const some = await Promise.all(all.slice(at, at + together).map((read) => read()));
    needs.push(...some.flat());
  }
  return needs;
}

/** Whether it opens by this version, for all that anybody knows. */
export function mayNeed({ keyIds }: Need, keyId: string): boolean {
  return keyIds?.has(keyId) ?? true;
}

/** A passphrase has no versions. */
export function keysOf({ envelopes }: Generation): OldKeyVersion[] {
  return envelopes.flatMap(({ custodian, keyId, wrap }) =>
    wrap === 'RSA-OAEP-256' ? [{ custodian, keyId }] : [],
  );
}

export function keyIdsOf(generation: Generation): Set<string> {
  return new Set(keysOf(generation).map(({ keyId }) => keyId));
}

async function needsOfRow(state: Kept, row: GenerationRow): Promise<Need[]> {
  const { cluster, generation, revision, provenAt, previous } = row;
  const inUse = `generation ${generation}.${revision} of ${cluster}, which is in use: sealwatch escrow rewrap --cluster ${cluster}`;
  const needs = [await needOf(state, row, inUse)];
  if (provenAt === undefined && previous) {
    const back = `generation ${previous.generation}.${previous.revision} of ${cluster}, which an approver may go back to until ${generation}.${revision} has unsealed a node`;
    needs.push({ ...(await needOf(state, { ...previous, cluster }, back)), isWayBack: true });
  }
  return [...needs, ...(await replaced(state, cluster, generation))];
}

async function needOf(state: Kept, row: Parameters<typeof readAccepted>[1], what: string): Promise<Need> {
  const { cluster } = row;
  try {
    const read = await readAccepted(state, row);
    return read.ok ? { cluster, what, keyIds: keyIdsOf(read.generation) } : unknown(cluster, read.why);
  } catch {
    return unknown(cluster, 'storage does not give what is in use');
  }
}

/**
 * Other shares than those in use: a snapshot from before a rekey opens with nothing else. Every blob counts: no row says
 * which revision was the last that opened.
 *
 * @param inUse undefined: the row cannot be read, and any of them may be it.
 */
async function replaced({ escrow }: Kept, cluster: string, inUse?: number): Promise<Need[]> {
  const needs: Need[] = [];
  try {
    for (const name of await escrow.list(cluster)) {
      const number = generationIn(name, cluster)?.generation;
      if (number === undefined || number === inUse) continue;
      const need = await needOfBlob(escrow, cluster, name, number);
      if (need) needs.push(need);
    }
  } catch {
    needs.push(unknown(cluster, 'storage does not give its blobs'));
  }
  return needs;
}

/** Undefined: it is gone. */
async function needOfBlob(
  escrow: Kept['escrow'],
  cluster: string,
  name: string,
  number: number,
): Promise<Need | undefined> {
  const blob = await escrow.read(name);
  if (!blob) return undefined;
  const read = readGeneration(blob.bytes);
  if (!read.ok) return unknown(cluster, `the blob ${name} cannot be read: ${read.problem}`);
  const { generation } = read;
  if (generation.cluster !== cluster || generation.generation !== number) {
    return unknown(cluster, `the blob ${name} holds another generation`);
  }
  const what = `the blob ${name}, for a snapshot of ${cluster} from the time when generation ${number} was its key`;
  return { cluster, what, keyIds: keyIdsOf(generation) };
}

function unknown(cluster: string, why: string): Need {
  return { cluster, what: `perhaps ${cluster}: ${why}` };
}
