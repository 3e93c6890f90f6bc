/** Whether a person's own login opens what is escrowed: the answer that break-glass needs before the night it is used. */
import type { UpkeepProblem } from '../../escrow/generation.ts';
import type { RecoverDeps } from '../recover/deps.ts';
import { escrowed } from '../recover/escrowed.ts';
import { clusterOf } from '../recover/request.ts';
import { refused, type Said, said } from '../recover/said.ts';
import { verifyGeneration } from '../recover/upkeep.ts';

export interface Verified {
  generation: number;
  revision: number;
  problems: UpkeepProblem[];
}

/** Opens each envelope, one at a time, and destroys what it opened. Writes nothing. */
export async function verifyEscrow(deps: RecoverDeps, name: string): Promise<Said<Verified>> {
  const cluster = await clusterOf(deps, name);
  if (!cluster) return refused('not-found', `fleet.yaml has no cluster "${name.slice(0, 63)}"`);
  const found = await escrowed(deps, cluster);
  if (found.state === 'none') return refused('not-found', `nothing of ${cluster.name} is escrowed`);
  if (found.state === 'unreadable') return refused('conflict', found.why);
  const { generation, revision } = found.row.value;
  return said({ generation, revision, problems: await verifyGeneration(deps, cluster, found) });
}
