/** The envelopes in use, as they lie in storage, for break-glass: wrapped, so that a custodian is still needed. */
import type { RecoverDeps } from '../recover/deps.ts';
import { readAccepted } from '../recover/escrowed.ts';
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
  const row = await deps.state.generations.newest(cluster.name);
  if (!row) return refused('not-found', `nothing of ${cluster.name} is escrowed`);
  const read = await readAccepted(deps.state, row.value);
  if (!read.ok) return refused('conflict', read.why);
  const { generation, revision, threshold, envelopes } = read.generation;
  const custodians = [...new Set(envelopes.map(({ custodian }) => custodian))].sort();
  return said({ bytes: read.bytes, generation, revision, threshold, custodians });
}
