/** The newest accepted generation of a cluster: row, blob, and whether it may be used (rule 2). */
import type { Generation, GenerationRow, TrustBinding } from '../../escrow/generation.ts';
import { generationBlobName } from '../../escrow/generation.ts';
import { readGeneration } from '../../escrow/read.ts';
import { differences } from '../../escrow/trust.ts';
import type { Cluster } from '../../fleet/fleet.ts';
import type { Stored } from '../../state/ports.ts';
import type { RecoverState } from '../../state/recover-ports.ts';
import type { RecoverDeps } from './deps.ts';

export type Escrowed =
  | { state: 'none' }
  | { state: 'unreadable'; why: string; row: Stored<GenerationRow> }
  | {
      state: 'ready';
      row: Stored<GenerationRow>;
      generation: Generation;
      /** In which fields fleet.yaml differs from what the shares are bound to; empty: none. */
      trustChanged: string[];
    };

type AcceptedAs = Pick<GenerationRow, 'cluster' | 'generation' | 'revision' | 'digest'>;

/** Reads the blob that the row names: another one under the same name, or an older one, is not the one accepted. */
export async function escrowed(deps: RecoverDeps, cluster: Cluster): Promise<Escrowed> {
  const row = await deps.state.generations.newest(cluster.name);
  if (!row) return { state: 'none' };
  const read = await readAccepted(deps.state, row.value);
  if (!read.ok) return { state: 'unreadable', row, why: read.why };
  const { generation } = read;
  return { state: 'ready', row, generation, trustChanged: await trustChanged(deps, cluster, generation) };
}

/** What was accepted under these numbers: the newest one, or the one to go back to. */
export async function readAccepted(
  { escrow }: Pick<RecoverState, 'escrow'>,
  { cluster, generation: number, revision, digest }: AcceptedAs,
): Promise<{ ok: true; generation: Generation; bytes: Buffer } | { ok: false; why: string }> {
  const name = generationBlobName({ cluster, generation: number, revision });
  const blob = await escrow.read(name);
  if (!blob) return { ok: false, why: `the blob ${name} is gone: import the shares again` };
  if (blob.digest !== digest) return { ok: false, why: `the blob ${name} is not the one that was accepted` };
  const read = readGeneration(blob.bytes);
  if (!read.ok) return { ok: false, why: `the blob ${name} cannot be read: ${read.problem}` };
  const { generation } = read;
  if (
    generation.cluster !== cluster ||
    generation.generation !== number ||
    generation.revision !== revision
  ) {
    return { ok: false, why: `the blob ${name} holds another generation` };
  }
  return { ok: true, generation, bytes: blob.bytes };
}

async function trustChanged(deps: RecoverDeps, cluster: Cluster, { trust }: Generation): Promise<string[]> {
  const now = await deps.binding(cluster);
  return now.ok ? differences(trust, now.binding) : [now.problem];
}

/** What its nodes are looked at with: the generation's trust where there is one, else fleet.yaml's. */
export async function trustFor(
  deps: RecoverDeps,
  cluster: Cluster,
  found: Escrowed,
): Promise<TrustBinding | undefined> {
  if (found.state === 'ready') return found.generation.trust;
  const now = await deps.binding(cluster);
  return now.ok ? now.binding : undefined;
}
