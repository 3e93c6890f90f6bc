/** Connections, and the trust that they were made with: shares go over no others (rule 2). */
import type { Generation, TrustBinding } from '../../escrow/generation.ts';
import { differences } from '../../escrow/trust.ts';
import type { Cluster } from '../../fleet/fleet.ts';
import type { Connected, RecoverDeps } from './deps.ts';

export interface Trusted extends Connected {
  trust: TrustBinding;
}

export async function connectWith(
  deps: RecoverDeps,
  cluster: Cluster,
  trust: TrustBinding,
): Promise<Trusted> {
  return { ...(await deps.connect(cluster, trust)), trust };
}

export function trusts({ trust }: Trusted, generation: Generation): boolean {
  return differences(trust, generation.trust).length === 0;
}
