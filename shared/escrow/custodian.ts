/**
 * The port of one custodian: a key that wraps the keys of envelopes. Implementations: ./custodians/.
 *
 * To add a kind: a file in ./custodians/, its entry in fleet.yaml's schema, and the contract suite in test/contract.
 */

/** Closed: upkeep, recovery and messages branch on these. */
export type CustodianErrorCode =
  /** 401 or 403: the identity may not use the key. */
  | 'denied'
  /** 429; `retryAfterMs` where the service said. */
  | 'throttled'
  /** 5xx, no connection, or a reset. */
  | 'unavailable'
  | 'timeout'
  | 'key-disabled'
  /** 404: key or version is not there. */
  | 'key-deleted'
  | 'key-expired'
  /** It answered, and the wrapped key is not one of its own: tampered, or another key's. */
  | 'refused';

export interface CustodianError {
  code: CustodianErrorCode;
  /** One line that names the custodian and the fix; nothing of what was wrapped. */
  message: string;
  recoverable: boolean;
  retryAfterMs?: number;
}

export type CustodianResult<T> = { ok: true; value: T } | { ok: false; error: CustodianError };

export interface Wrapped {
  /** Versioned id of the key that wrapped. */
  keyId: string;
  wrap: 'RSA-OAEP-256' | 'scrypt-A256GCM';
  wrappedKey: Buffer;
}

export interface KeyFacts {
  /** Versioned id of the newest version. */
  keyId: string;
  enabled: boolean;
  /** ms. */
  expiresAt?: number;
}

/** Never throws for what a service does; `signal` ends a call as `timeout`. */
export interface Custodian {
  readonly name: string;
  /** Wraps 32 bytes with the newest version of the key. */
  wrap(key: Buffer, signal: AbortSignal): Promise<CustodianResult<Wrapped>>;
  /** Unwraps with the very version that wrapped. The buffer returned is the caller's to zero. */
  unwrap(wrapped: Wrapped, signal: AbortSignal): Promise<CustodianResult<Buffer>>;
  /** State of the newest version (`keyId` undefined) or of the named one. */
  facts(keyId: string | undefined, signal: AbortSignal): Promise<CustodianResult<KeyFacts>>;
}
