/** Errors of undici, Node and OpenSSL → closed codes. Their own texts are not passed on: a server has a say in them. */
import type { VaultErrorCode } from '../answer.ts';
import { oneLine } from '../text.ts';
import { PinMismatch } from './certificate.ts';

/** Why there is no answer, before it is put into words for one request. */
export interface Failure {
  code: VaultErrorCode;
  /** What happened and what mends it. */
  detail: string;
}

/** The error's `code` → ours. https://nodejs.org/api/errors.html, https://undici.nodejs.org/#/docs/api/Errors */
const table: Record<string, Failure> = {
  ENOTFOUND: { code: 'dns', detail: 'name does not resolve: check the address and DNS' },
  EAI_AGAIN: { code: 'dns', detail: 'name server does not answer' },
  REFUSED_ADDRESS: {
    code: 'dns',
    detail: 'leads to a link-local address, and those are never called: check the address and DNS',
  },
  EAI_FAIL: { code: 'dns', detail: 'name server failed' },
  EAI_NODATA: { code: 'dns', detail: 'name has no address' },
  ENODATA: { code: 'dns', detail: 'name has no address' },
  ECONNREFUSED: { code: 'refused', detail: 'connection refused: nothing listens there' },
  EACCES: { code: 'refused', detail: 'connection refused by a local firewall' },
  EPERM: { code: 'refused', detail: 'connection refused by a local firewall' },
  UND_ERR_CONNECT_TIMEOUT: { code: 'connect-timeout', detail: 'no connection in time' },
  ETIMEDOUT: { code: 'connect-timeout', detail: 'no connection in time' },
  EHOSTUNREACH: { code: 'connect-timeout', detail: 'host cannot be reached' },
  ENETUNREACH: { code: 'connect-timeout', detail: 'network cannot be reached' },
  EHOSTDOWN: { code: 'connect-timeout', detail: 'host cannot be reached' },
  ENETDOWN: { code: 'connect-timeout', detail: 'network cannot be reached' },
  EADDRNOTAVAIL: { code: 'connect-timeout', detail: 'no local port or address left for a connection' },
  SPKI_PIN_MISMATCH: { code: 'tls-untrusted', detail: "certificate's key is not pinned" },
  PLAIN_HTTP_REMOTE: { code: 'tls-untrusted', detail: 'a secret is not sent over plain HTTP: use https' },
  TLS_SETTINGS: {
    code: 'tls-untrusted',
    detail: 'tls.ca, tls.clientCertificate or tls.clientKey cannot be read: each must be PEM',
  },
  EPROTO: { code: 'tls-untrusted', detail: 'no TLS handshake' },
  CERT_HAS_EXPIRED: {
    code: 'tls-expired',
    detail: 'certificate has expired: renew it and reload the listener',
  },
  CERT_NOT_YET_VALID: { code: 'tls-expired', detail: 'certificate is not yet valid: check both clocks' },
  HOSTNAME_MISMATCH: { code: 'tls-name', detail: 'certificate is for another name' },
  ECONNRESET: { code: 'reset', detail: 'connection reset' },
  ECONNABORTED: { code: 'reset', detail: 'connection reset' },
  EPIPE: { code: 'reset', detail: 'connection closed' },
  UND_ERR_SOCKET: { code: 'reset', detail: 'connection closed before the answer was complete' },
  UND_ERR_RES_CONTENT_LENGTH_MISMATCH: { code: 'reset', detail: 'answer is shorter or longer than it says' },
  HPE_INVALID_EOF_STATE: { code: 'reset', detail: 'connection closed before the answer was complete' },
  HTTPParserError: { code: 'not-json', detail: 'answer is not HTTP' },
  UND_ERR_HEADERS_TIMEOUT: { code: 'timeout', detail: 'connected, but no answer in time' },
  UND_ERR_BODY_TIMEOUT: { code: 'timeout', detail: 'answer stopped before its end' },
  UND_ERR_HEADERS_OVERFLOW: { code: 'too-large', detail: "answer's header is too large" },
  UND_ERR_ABORTED: { code: 'aborted', detail: 'stopped by Sealwatch' },
  UND_ERR_DESTROYED: { code: 'aborted', detail: 'the client is closed' },
  UND_ERR_CLOSED: { code: 'aborted', detail: 'the client is closed' },
};

const chain = 'certificate is not trusted: check tls.ca';
const chainCodes =
  /^(UNABLE_TO_|SELF_SIGNED_|DEPTH_ZERO_|CERT_|CRL_|INVALID_CA|INVALID_PURPOSE|PATH_LENGTH_)/;

export function failureOf(error: unknown): Failure {
  if (error instanceof AggregateError && error.errors.length > 0) return mostTelling(error.errors);
  const code = codeOf(error);
  if (error instanceof PinMismatch) {
    return { code: 'tls-untrusted', detail: `no pin matches the certificate's key, which is ${error.spki}` };
  }
  if (code === 'ERR_TLS_CERT_ALTNAME_INVALID') return { code: 'tls-name', detail: wrongName(error) };
  const known = Object.hasOwn(table, code) ? table[code] : undefined;
  if (known) return known;
  if (chainCodes.test(code)) return { code: 'tls-untrusted', detail: `${chain} (${code})` };
  if (/CERTIFICATE_REQUIRED|ALERT_(BAD|UNSUPPORTED|UNKNOWN)_(CERTIFICATE|CA)/.test(code)) {
    return { code: 'tls-untrusted', detail: `server does not accept our client certificate (${code})` };
  }
  if (/^ERR_(SSL|TLS|OSSL)_/.test(code)) {
    return { code: 'tls-untrusted', detail: `no TLS handshake: is this a TLS port? (${code})` };
  }
  if (code.startsWith('HPE_')) return { code: 'not-json', detail: 'answer is not HTTP' };
  return { code: 'reset', detail: `connection failed (${code})` };
}

/** Of the attempts on a name's addresses: one that found a machine says more than one that found no way. */
function mostTelling(errors: unknown[]): Failure {
  const failures = errors.map(failureOf);
  return (
    failures.find((failure) => failure.code !== 'connect-timeout') ?? failures[0] ?? failureOf(undefined)
  );
}

function codeOf(error: unknown): string {
  if (!(error instanceof Error)) return 'unknown';
  return 'code' in error && typeof error.code === 'string' ? oneLine(error.code, 80) : error.name;
}

function wrongName(error: unknown): string {
  const { host, cert } = error as { host?: string; cert?: { subjectaltname?: string } };
  const names = oneLine(cert?.subjectaltname ?? 'no name', 200);
  return `certificate is for ${names}, not for ${oneLine(host ?? '', 200)}: set tls.serverName or mend the certificate`;
}
