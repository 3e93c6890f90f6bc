/** What is remembered of a cluster from sweep to sweep, apart from its alerts: no measurements. */

export type NodeStateName =
  | 'active'
  | 'standby'
  | 'performance-standby'
  | 'dr-secondary'
  | 'ha-unhealthy'
  | 'sealed'
  | 'uninitialised'
  | 'joiner'
  | 'removed'
  | 'storage-unavailable'
  | 'unreachable'
  | 'tls'
  | 'odd';

export interface NodeFacts {
  state: NodeStateName;
  /** Since when it is in this state, ms. */
  since: number;
  /** Process start of the last time it was seen unsealed, ms, where readable. */
  unsealedStart?: number;
  /** Connection (id and opening time) over which it was last seen unsealed, or that its TLS session began with. */
  unsealedConnection?: { id: number; openedAt: number };
  /** Process start last seen in any state, ms. */
  start?: number;
  /** Restarts noticed, ms, newest last, at most 10. */
  restarts?: number[];
  /** Unseal progress last seen and since when it stands there. */
  progress?: { count: number; nonce: string; since: number };
}

export interface ClusterFacts {
  nodes: Record<string, NodeFacts>;
  /** Last raft configuration that was read: what a person needs when quorum is lost for good. */
  raft?: { at: number; servers: { nodeId: string; address: string; voter: boolean }[] };
  /**
   * Of the fleet's own head: channels whose fallback had to take a message, and why, until they take one again.
   * `at`: the last time, ms.
   */
  channels?: Record<string, { since: number; failure: string; at?: number }>;
}
