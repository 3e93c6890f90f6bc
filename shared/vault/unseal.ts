/** The one call that carries a share, and the client that may make it: what the recovery room sees of a node. */
import type { VaultError, VaultErrorCode } from './answer.ts';
import type { RequestOptions, VaultClient } from './client.ts';

/**
 * Why sys/unseal refused. Closed: the server's words are matched and never passed on, since it has just been given a
 * share and may echo it (rule 1). Source of what they are matched with: vault/core.go, http/sys_seal.go, shamir/shamir.go.
 *
 * - `authentication-failed` the whole set was taken and opens nothing;
 * - `malformed` no hex or base64, too short or long, or of another length than the rest of its set;
 * - `duplicate` two different shares with one number in a set;
 * - `already-unsealed` nothing to reset; `not-initialised`; `node-removed` from raft; `migration` of the seal is pending;
 * - `no-leader-or-storage` the node cannot read its storage or its cluster has no leader; `other`.
 */
export type UnsealRefusal =
  | 'authentication-failed'
  | 'malformed'
  | 'duplicate'
  | 'already-unsealed'
  | 'not-initialised'
  | 'node-removed'
  | 'migration'
  | 'no-leader-or-storage'
  | 'other';

/** Of a sys/unseal answer, numbers and what has the form of a nonce: nothing that could hold an echo. */
export interface UnsealStatus {
  sealed: boolean;
  /** Threshold and count of the node's own configuration. */
  t: number;
  n: number;
  progress: number;
  /** A UUID; absent where the set has just ended. */
  nonce?: string;
}

export type UnsealFailure = UnsealRefusal | Exclude<VaultErrorCode, 'http'>;

export type UnsealAnswer =
  | { ok: true; body: UnsealStatus; ms: number }
  | { ok: false; code: UnsealFailure; error: VaultError; ms: number };

/**
 * A node over connections that may carry shares (rule 2): every one of them with a full handshake, no session
 * resumption, no proxy, no redirect, and plain HTTP only to a peer on loopback.
 */
export interface ShareClient
  extends Pick<VaultClient, 'address' | 'health' | 'sealStatus' | 'processStart' | 'certificate' | 'close'> {
  /**
   * POST sys/unseal. `body` is the caller's to zero once the answer is here; it is sent at most once.
   * `fresh` is of no use here.
   */
  unseal(body: Buffer, options?: RequestOptions): Promise<UnsealAnswer>;
}
