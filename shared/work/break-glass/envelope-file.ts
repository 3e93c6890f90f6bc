/** The exported envelopes of one generation: the bytes of its blob, as `sealwatch escrow export` writes them. */
import { createHash } from 'node:crypto';
import type { Generation, GenerationRow } from '../../escrow/generation.ts';
import { generationBlobName } from '../../escrow/generation.ts';
import { readGeneration } from '../../escrow/read.ts';

export interface EnvelopeFile {
  generation: Generation;
  bytes: Buffer;
  /** As its blob is named. */
  name: string;
  /** As if it had been accepted: on a laptop nobody can tell whether it was. */
  row: GenerationRow;
}

export type ReadEnvelopes = { ok: true; envelopes: EnvelopeFile } | { ok: false; problem: string };

/** @param path for messages. */
export function readEnvelopes(bytes: Buffer, cluster: string, path: string): ReadEnvelopes {
  const read = readGeneration(bytes);
  if (!read.ok) return { ok: false, problem: `${path}: ${read.problem}` };
  const { generation } = read;
  if (generation.cluster !== cluster) {
    const problem = `${path} holds the envelopes of ${generation.cluster}, not of ${cluster}: name the file of ${cluster}`;
    return { ok: false, problem };
  }
  const { generation: number, revision, createdAt, createdBy } = generation;
  const row: GenerationRow = {
    cluster,
    generation: number,
    revision,
    digest: createHash('sha256').update(bytes).digest('hex'),
    acceptedAt: createdAt,
    acceptedBy: createdBy,
  };
  return { ok: true, envelopes: { generation, bytes, name: generationBlobName(generation), row } };
}
