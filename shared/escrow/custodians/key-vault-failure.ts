/** What the Key Vault SDK throws → closed codes. Nothing of its messages or of the answers' bodies goes further. */
import { z } from 'zod';
import type { CustodianErrorCode } from '../custodian.ts';

export interface KeyVaultFailure {
  code: CustodianErrorCode;
  /** HTTP status, where there was an answer. */
  status?: number;
  retryAfterMs?: number;
}

const inner = z.looseObject({ error: z.looseObject({ innerError: z.looseObject({ code: z.string() }) }) });
const thrown = z.looseObject({
  name: z.string().optional(),
  statusCode: z.number().optional(),
  details: z.unknown(),
  response: z.unknown(),
});

/** `now`: ms, for a Retry-After that is a date. */
export function failureOf(error: unknown, now: number): KeyVaultFailure {
  // Classes of errors do not parse as objects with zod: their own fields do.
  const parsed = error instanceof Error ? thrown.safeParse({ ...fieldsOf(error) }) : undefined;
  if (!parsed?.success) return { code: 'unavailable' };
  const { name = '', statusCode, details, response } = parsed.data;
  if (name === 'AbortError') return { code: 'timeout' };
  // Of @azure/identity: Entra, or the machine's identity endpoint, gave no token.
  if (/^(Aggregate)?Authentication(Required)?Error$|^CredentialUnavailableError$/.test(name)) {
    return { code: statusCode !== undefined && statusCode >= 500 ? 'unavailable' : 'denied' };
  }
  if (statusCode === undefined) return { code: 'unavailable' };
  return { status: statusCode, ...ofStatus(statusCode, details, retryAfter(response, now)) };
}

function fieldsOf(error: Error): Record<string, unknown> {
  const { name, statusCode, details, response } = error as Error & Record<string, unknown>;
  return { name, statusCode, details, response };
}

function ofStatus(status: number, details: unknown, retryAfterMs: number | undefined): KeyVaultFailure {
  const later = retryAfterMs === undefined ? {} : { retryAfterMs };
  if (status === 401) return { code: 'denied' };
  if (status === 403) {
    const why = inner.safeParse(details).data?.error.innerError.code;
    return { code: why === 'KeyDisabled' ? 'key-disabled' : 'denied' };
  }
  if (status === 404) return { code: 'key-deleted' };
  // 409: the key is being deleted or recovered.
  if (status === 409) return { code: 'key-deleted' };
  if (status === 429) return { code: 'throttled', ...later };
  if (status === 408 || status >= 500) return { code: 'unavailable', ...later };
  return { code: 'refused' };
}

/** ms; Key Vault says seconds, a proxy on the way can say a date. */
function retryAfter(response: unknown, now: number): number | undefined {
  const { headers } = (response ?? {}) as { headers?: { get?: (name: string) => string | undefined } };
  const value = headers?.get?.('retry-after')?.trim();
  if (!value) return undefined;
  if (/^\d{1,9}$/.test(value)) return Number(value) * 1000;
  const at = Date.parse(value);
  return Number.isNaN(at) ? undefined : Math.max(0, at - now);
}
