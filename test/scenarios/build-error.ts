import type { VaultError, VaultErrorCode } from '../../shared/vault/answer.ts';

/** "refused", or "http-500" for a status. */
export function error(code: string, name: string): VaultError {
  const message = `[GET] https://${name}.payments.test:8200/v1/sys/health: ${code}`;
  const status = /^http-(\d+)$/.exec(code)?.[1];
  if (status === undefined) return { code: code as VaultErrorCode, message, recoverable: true };
  return { code: 'http', status: Number(status), message, recoverable: true };
}
