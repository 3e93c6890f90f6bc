/** How one request to a Vault server ended: an answer, or a closed code. */

/**
 * Why a request failed. Closed: judges and messages branch on these, never on an error's text.
 *
 * - `dns` name does not resolve, or leads to an address that is never called; `refused` nothing listens;
 *   `connect-timeout` no TCP or TLS connection in time;
 * - `tls-untrusted` chain not trusted, a pin that does not match, or no TLS at all; `tls-expired` not (yet) valid;
 *   `tls-name` certificate is for another name;
 * - `reset` connection closed before the answer was complete; `timeout` connected, but no whole answer in time;
 * - `too-large` over the size limit; `not-json`; `not-vault` JSON of the wrong shape (`field` says where);
 * - `http` a status that this path does not have: `status` says which (403, 307, 500 …);
 * - `aborted` we stopped it: the sweep's deadline came first.
 */
export type VaultErrorCode =
  | 'dns'
  | 'refused'
  | 'connect-timeout'
  | 'tls-untrusted'
  | 'tls-expired'
  | 'tls-name'
  | 'reset'
  | 'timeout'
  | 'too-large'
  | 'not-json'
  | 'not-vault'
  | 'http'
  | 'aborted';

export interface VaultError {
  code: VaultErrorCode;
  /** One line: `[GET] https://host:8200/v1/sys/health: connection refused`. No body, no token, no header. */
  message: string;
  /** HTTP status, when there was one. */
  status?: number;
  /** For `not-vault`: path of the field and what was wrong with it: `sealed: expected boolean, got string`. */
  field?: string;
  /** For `http` 307/308: the host that the server pointed to (never followed). */
  location?: string;
  /** For `http` with a JSON body `{errors: [...]}`: Vault's own words, bounded in length; never on secret-bearing paths. */
  reasons?: string[];
  /** Whether trying again may help. */
  recoverable: boolean;
}

/** The connection that an answer came over. */
export interface ConnectionFacts {
  /** Counts connections of this client; the same id in two answers is the same TCP connection. */
  id: number;
  /** Wall-clock ms at which it was opened. */
  openedAt: number;
  /** TLS session resumed: the server process is the one that issued the ticket. */
  resumed: boolean;
  /** Of a resumed one: the connection whose full handshake its TLS session began with. */
  handshake?: { id: number; openedAt: number };
}

/** From a full handshake; resumed sessions show no certificate. */
export interface CertificateFacts {
  /** ms since the epoch. */
  notAfter: number;
  notBefore: number;
  subject: string;
  issuer: string;
  /** base64 SHA-256 of the SubjectPublicKeyInfo, as in `tls.pins`. */
  spki: string;
  /** When we saw it, ms since the epoch. */
  seenAt: number;
}

export type Answer<T> =
  | { ok: true; status: number; body: T; ms: number; connection?: ConnectionFacts }
  | { ok: false; error: VaultError; ms: number };
