import type { CustodianError, CustodianErrorCode, CustodianResult } from '../custodian.ts';

/** Whether asking again later can help, without anybody doing anything. */
const passing: ReadonlySet<CustodianErrorCode> = new Set(['throttled', 'unavailable', 'timeout']);

export function failed(
  code: CustodianErrorCode,
  message: string,
  retryAfterMs?: number,
): { ok: false; error: CustodianError } {
  const error = { code, message, recoverable: passing.has(code) };
  return { ok: false, error: retryAfterMs === undefined ? error : { ...error, retryAfterMs } };
}

/**
 * What `ask` answers, or `late` once the signal aborts, also when whoever is asked ignores the signal. An answer that
 * comes too late is handed to `discard`: it can hold a key.
 */
export async function answerInTime<T>(
  signal: AbortSignal,
  late: CustodianResult<T>,
  ask: () => Promise<CustodianResult<T>>,
  discard: (value: T) => void,
): Promise<CustodianResult<T>> {
  if (signal.aborted) return late;
  return new Promise((resolve, reject) => {
    const abort = () => resolve(late);
    signal.addEventListener('abort', abort, { once: true });
    ask()
      .then((answer) => {
        if (signal.aborted && answer.ok) discard(answer.value);
        resolve(signal.aborted ? late : answer);
      }, reject)
      .finally(() => signal.removeEventListener('abort', abort));
  });
}
