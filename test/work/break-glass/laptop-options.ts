/** What a test's laptop has, and what it finds. */
import type { Custodian } from '../../../shared/escrow/custodian.ts';
import type { Holding } from '../../../shared/escrow/distribution.ts';
import type { SimulationOptions } from '../../fakes/vault/simulation.ts';

export interface LaptopOptions extends SimulationOptions {
  holdings?: Holding[];
  /** In place of those in memory: the command makes its own, by fleet.yaml and the environment. */
  real?: {
    custodians: Map<string, Custodian>;
    /** Their entries in fleet.yaml, without shares. */
    entries: Record<string, object>;
    env: NodeJS.ProcessEnv;
  };
  tls?: { certPem: string; keyPem: string; caPem: string };
  /** Of fleet.yaml, and of what the envelopes are bound to. */
  policy?: 'manual' | 'automatic';
}
