/** What rotations of a transit seal's token are done with. */
import type { SealToken } from '../../readiness/exercise/transit-exercise.ts';
import type { InCall, ProviderPorts } from './transit-provider.ts';

export interface TransitTokenPorts extends ProviderPorts {
  /** Whose seal it is: in the name and the meta of what is made. */
  cluster: string;
  /** The token role, as the schema of fleet.yaml has checked it. */
  role: string;
  /** For how long a new one waits to be unwrapped, seconds: 120 (VAULT-FACTS). */
  wrapTtlSeconds: number;
  /** Why this token is none that a seal should have: readiness's own judgement. Undefined: it is. */
  unfit: (token: SealToken) => string | undefined;
}

export type TransitTokenCall = InCall<TransitTokenPorts>;

/** Meta of what rotations make: by it their own is told from people's. */
export const rotationMeta = 'sealwatch-rotation';
export const clusterMeta = 'sealwatch-cluster';

export const roleLine = (role: string) => `auth/token/roles/${role}`;
