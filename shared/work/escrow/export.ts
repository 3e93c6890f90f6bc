/** The envelopes in use, as they lie in storage, for break-glass: wrapped, so that a custodian is still needed. */
import { generationBlobName } from '../../escrow/generation.ts';
import type { RecoverDeps } from '../recover/deps.ts';
import { escrowed } from '../recover/escrowed.ts';
import { clusterOf } from '../recover/request.ts';
import { refused, type Said, said } from '../recover/said.ts';

export interface Exported {
  bytes: Buffer;
  generation: number;
  revision: number;
  threshold: number;
  custodians: string[];
}

export async function exportEnvelopes(deps: RecoverDeps, name: string): Promise<Said<Exported>> {
  const cluster = await clusterOf(deps, name);
  if (!cluster) return refused('not-found', `fleet.yaml has no cluster "${name.slice(0, 63)}"`);
  const found = await escrowed(deps, cluster);
  if (found.state === 'none') return refused('not-found', `nothing of ${cluster.name} is escrowed`);
  if (found.state === 'unreadable') return refused('conflict', found.why);
  const { digest, generation, revision } = found.row.value;
  const blob = await deps.state.escrow.read(generationBlobName(found.row.value));
  if (blob?.digest !== digest) return refused('conflict', 'the blob was changed meanwhile: look at it');
  const { threshold, envelopes } = found.generation;
  const custodians = [...new Set(envelopes.map(({ custodian }) => custodian))].sort();
  return said({ bytes: blob.bytes, generation, revision, threshold, custodians });
}
