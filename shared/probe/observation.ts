/** What one probe of a cluster returned, or how it failed, with times. Data only: it can be stored and replayed. */
import type { Answer, CertificateFacts, VaultError } from '../vault/answer.ts';
import type {
  AutopilotConfiguration,
  AutopilotState,
  Health,
  LeaderStatus,
  RaftConfiguration,
  SealBackendStatus,
  SealStatus,
} from '../vault/answers.ts';

export interface NodeObservation {
  /** The node's name in fleet.yaml. */
  node: string;
  /** Wall clock at the first attempt, ms. */
  at: number;
  /** The answer that counts: the last attempt's, or the first good one of a pair that raced. */
  health: Answer<Health>;
  /** How earlier attempts of the same sweep failed, oldest first; empty when the first one was good. */
  earlier: (VaultError | { status: number })[];
  /** Asked only where it adds something: sealed, odd, or a node without a good answer to health. */
  sealStatus?: Answer<SealStatus>;
  leader?: Answer<LeaderStatus>;
  sealBackend?: Answer<SealBackendStatus>;
  /** Process start, ms since the epoch, where unauthenticated metrics are readable. */
  processStart?: Answer<number>;
  certificate?: CertificateFacts;
}

/** Raft state, asked of the active node with the probe's login. */
export type RaftObservation =
  | { read: false; why: 'no-login' | 'no-active-node' | 'not-raft' }
  | { read: false; why: 'login-failed'; error: VaultError }
  | {
      read: true;
      /** The node that was asked. */
      node: string;
      autopilot: Answer<AutopilotState>;
      autopilotConfiguration: Answer<AutopilotConfiguration>;
      configuration: Answer<RaftConfiguration>;
    };

export interface ClusterObservation {
  cluster: string;
  /** Wall clock, ms. */
  startedAt: number;
  finishedAt: number;
  /** In the order of fleet.yaml, one entry a node. */
  nodes: NodeObservation[];
  raft: RaftObservation;
}
