/** How a client reaches one node. */

export interface TlsSettings {
  /** PEM; undefined: the roots that Node trusts. */
  ca?: string;
  /** PEM of the client certificate and its key. */
  cert?: string;
  key?: string;
  /** Name that the certificate must carry, where it differs from the address's host. */
  serverName?: string;
  /** base64 SHA-256 of SubjectPublicKeyInfo; any one must match the leaf's, on top of a trusted chain. */
  pins: string[];
}

/** ms. */
export interface Timeouts {
  /** TCP and TLS. undici looks at it every half second: it can be that much late; `totalMs` is exact. */
  connectMs: number;
  /** From the request's last byte to the whole header; as coarse as `connectMs` above one second. */
  headersMs: number;
  /** The whole call: waiting for a connection, retrying on a new one and reading included. */
  totalMs: number;
}
