/** What an answer, or none, means for a delivery. Details name the host and a code, never a text of the receiver. */
import type { Delivery } from '../channel.ts';

type Failure = Extract<Delivery, { delivered: false }>;

/** Longest wait that a receiver may ask for, ms. */
const longestWait = 15 * 60_000;

/** @param retryAfter the header: seconds, or an HTTP date. */
export function statusDelivery(
  host: string,
  status: number,
  retryAfter: string | string[] | undefined,
  now: number,
): Delivery {
  if (status >= 200 && status < 300) return { delivered: true };
  const failure = { delivered: false, ...verdictOn(host, status) } as const;
  const wait = failure.recoverable ? retryAfterMs(retryAfter, now) : undefined;
  return wait === undefined ? failure : { ...failure, retryAfterMs: wait };
}

function verdictOn(host: string, status: number): Pick<Failure, 'reason' | 'recoverable' | 'detail'> {
  const answered = `${host} answered ${status}`;
  if (status === 429)
    return { reason: 'throttled', recoverable: true, detail: `${answered}: too many messages` };
  if (status === 404 || status === 410) {
    return { reason: 'gone', recoverable: false, detail: `${answered}: this hook does not exist any more` };
  }
  if (status === 408 || status >= 500) return { reason: 'unavailable', recoverable: true, detail: answered };
  if (status >= 300 && status < 400) {
    return { reason: 'redirect', recoverable: false, detail: `${answered}: redirects are not followed` };
  }
  return { reason: 'refused', recoverable: false, detail: `${answered}: it does not take this message` };
}

/** RFC 9110, 10.2.3. Undefined when there is none or it makes no sense. */
function retryAfterMs(header: string | string[] | undefined, now: number): number | undefined {
  const text = (typeof header === 'string' ? header : header?.[0])?.trim();
  if (text === undefined || text === '') return undefined;
  const wait = /^\d+$/.test(text) ? Number(text) * 1000 : Date.parse(text) - now;
  return Number.isNaN(wait) ? undefined : Math.min(longestWait, Math.max(0, wait));
}

/** @param aborted whether our own deadline ended it. */
export function networkFailure(host: string, error: unknown, aborted: boolean): Delivery {
  const codes = codesOf(error);
  if (codes.includes('REFUSED_ADDRESS')) {
    const detail = `${host} resolves to an address that is never called`;
    return { delivered: false, reason: 'config', recoverable: false, detail };
  }
  if (aborted || codes.some((code) => code.endsWith('_TIMEOUT') || code === 'ETIMEDOUT')) {
    return {
      delivered: false,
      reason: 'timeout',
      recoverable: true,
      detail: `${host} did not answer in time`,
    };
  }
  if (codes.includes('UND_ERR_INVALID_ARG')) {
    const detail = `${host}: this request cannot be sent; check the channel's URL`;
    return { delivered: false, reason: 'config', recoverable: false, detail };
  }
  const code = codes[0] ?? 'unknown error';
  return {
    delivered: false,
    reason: 'network',
    recoverable: true,
    detail: `${host}: connection failed (${code})`,
  };
}

/** Codes of an error, its causes and its parts: closed words, unlike messages. */
function codesOf(error: unknown, depth = 0): string[] {
  if (!(error instanceof Error) || depth > 4) return [];
  const own =
    'code' in error && typeof error.code === 'string' && /^[A-Z0-9_]+$/.test(error.code) ? [error.code] : [];
  const parts = error instanceof AggregateError ? error.errors : [];
  return [...own, ...[error.cause, ...parts].flatMap((inner) => codesOf(inner, depth + 1))];
}
