/** What each call sends, and how its failures are told. */
import type { VaultError, VaultErrorCode } from './answer.ts';

export interface Call {
  method: 'GET' | 'POST';
  /** From the root, with query: `/v1/sys/health`. */
  path: string;
  /** A token goes along, or body or answer hold a secret: nothing that the server says of it is repeated. */
  secret: boolean;
}

const open = (path: string): Call => ({ method: 'GET', path: `/v1/sys/${path}`, secret: false });
const withToken = (path: string): Call => ({
  method: 'GET',
  path: `/v1/sys/storage/raft/${path}`,
  secret: true,
});

export const calls = {
  health: open('health'),
  sealStatus: open('seal-status'),
  leader: open('leader'),
  sealBackendStatus: open('seal-backend-status'),
  metrics: open('metrics?format=prometheus'),
  autopilotState: withToken('autopilot/state'),
  autopilotConfiguration: withToken('autopilot/configuration'),
  raftConfiguration: withToken('configuration'),
  unseal: { method: 'POST', path: '/v1/sys/unseal', secret: true },
  renewSelf: { method: 'POST', path: '/v1/auth/token/renew-self', secret: true },
} satisfies Record<string, Call>;

/** `auth/jwt/login`; undefined for a path that leaves /v1 or holds more than mount and method names do. */
export function loginCall(path: string): Call | undefined {
  const segments = path.split('/');
  const plain = segments.every((segment) => /^[\w.-]{1,128}$/.test(segment) && !/^\.+$/.test(segment));
  return plain && segments.length > 1 ? { method: 'POST', path: `/v1/${path}`, secret: true } : undefined;
}

/** After these the same request may succeed without anybody changing anything. */
const recoverable: Record<Exclude<VaultErrorCode, 'http'>, boolean> = {
  dns: true,
  refused: true,
  'connect-timeout': true,
  'tls-untrusted': false,
  'tls-expired': false,
  'tls-name': false,
  reset: true,
  timeout: true,
  'too-large': false,
  'not-json': false,
  'not-vault': false,
  aborted: true,
};

export function vaultError(
  address: string,
  call: Pick<Call, 'method' | 'path'>,
  code: VaultErrorCode,
  detail: string,
  facts: Pick<VaultError, 'status' | 'field' | 'location' | 'reasons'> = {},
): VaultError {
  return {
    code,
    message: `[${call.method}] ${address}${call.path}: ${detail}`,
    ...facts,
    recoverable: code === 'http' ? mayPass(facts.status) : recoverable[code],
  };
}

/** Standbys without a leader, quotas and storage trouble pass; a refused token or a wrong path does not. */
function mayPass(status = 0): boolean {
  return status === 412 || status === 429 || status >= 500;
}
