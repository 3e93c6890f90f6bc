/** What break-glass is given: the recover app's ways to nodes and custodians, and its storage where there is one. */
import type { Cluster, Fleet } from '../../fleet/fleet.ts';
import type { RecoverState } from '../../state/recover-ports.ts';
import type { RecoverDeps } from '../recover/deps.ts';
import type { EnvelopeFile } from './envelope-file.ts';

export type BreakGlassWorld = Pick<
  RecoverDeps,
  'connect' | 'binding' | 'custodians' | 'clock' | 'log' | 'newId' | 'random'
>;

/** What one command is about. */
export interface Glass {
  world: BreakGlassWorld;
  fleet: Fleet;
  cluster: Cluster;
  envelopes: EnvelopeFile;
  /** By fleet.yaml, or by what the envelopes say where there is none. */
  derived: boolean;
  /** `break-glass:USER@HOST`. */
  who: string;
  whoName: string;
  reason: string;
  /** Nodes that a person called lost for good. */
  lost: string[];
  /** The raft configuration as it was before, where the person has it. */
  raft?: { at: number; servers: { nodeId: string; address: string; voter: boolean }[] };
  /** Recover's storage, where it answers; else nothing keeps this apart from a recovery that runs elsewhere. */
  stored?: { state: RecoverState; takeOver: boolean };
  /** A line to the person. */
  say: (line: string) => void;
  /** Ctrl-C. */
  stop: AbortSignal;
}
