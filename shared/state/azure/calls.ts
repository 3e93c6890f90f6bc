/** Every call to storage: one time limit, and the SDKs' errors as our closed ones. */
import type { Clock } from '../../clock.ts';
import { StateError } from '../errors.ts';

/** @param what names the thing for messages: `table live`. */
export type Call = <T>(what: string, run: (signal: AbortSignal) => Promise<T>) => Promise<T>;

/** One call with its retries, ms. A scan of a large table is the longest. */
const limitMs = 20_000;

export function createCall(clock: Clock): Call {
  return async (what, run) => {
    const answered = new AbortController();
    const late = new AbortController();
    clock.sleep(limitMs, answered.signal).then(
      () => late.abort(),
      // Answered in time.
      () => undefined,
    );
    try {
      return await run(late.signal);
    } catch (error) {
      throw late.signal.aborted ? tooLate(what) : stateError(what, error);
    } finally {
      answered.abort();
    }
  };
}

/** HTTP status and the service's reason, where an error has them. */
export function failure(error: unknown): { status?: number; reason?: string } {
  if (!(error instanceof Error)) return {};
  const { statusCode, code, details } = error as {
    statusCode?: unknown;
    code?: unknown;
    details?: { odataError?: { code?: unknown }; errorCode?: unknown };
  };
  const reason = [details?.odataError?.code, details?.errorCode, code].find(
    (text) => typeof text === 'string',
  );
  return {
    ...(typeof statusCode === 'number' && { status: statusCode }),
    ...(typeof reason === 'string' && /^\w{1,80}$/.test(reason) && { reason }),
  };
}

/** The thing that holds rows, blobs or messages is not there; as opposed to the row or blob itself. */
export function isMissing(error: unknown): boolean {
  const { status, reason } = failure(error);
  return status === 404 && ['TableNotFound', 'ContainerNotFound', 'QueueNotFound'].includes(reason ?? '');
}

/** The row or blob is not there. */
export function isGone(error: unknown): boolean {
  return failure(error).status === 404 && !isMissing(error);
}

/** Somebody else was first: it exists already (409), or changed since it was read (412). */
export function isConflict(error: unknown): boolean {
  const { status, reason } = failure(error);
  // 409 has other meanings too, none of which another try of ours would settle.
  return status === 412 || (status === 409 && reason === 'EntityAlreadyExists');
}

/** A change of one row with If-Match. @throws StateError */
export function fenced<T>(
  call: Call,
  what: string,
  run: (signal: AbortSignal) => Promise<T>,
): Promise<T | 'conflict' | 'gone'> {
  return call(what, async (signal) => {
    try {
      return await run(signal);
    } catch (error) {
      if (isConflict(error)) return 'conflict';
      if (isGone(error)) return 'gone';
      throw error;
    }
  });
}

function tooLate(what: string): StateError {
  return new StateError('unavailable', `${what}: storage did not answer within ${limitMs / 1000} s.`);
}

function stateError(what: string, error: unknown): StateError {
  if (error instanceof StateError) return error;
  const { status, reason } = failure(error);
  const detail = [status, reason].filter((part) => part !== undefined).join(' ');
  const name = error instanceof Error ? error.name : '';
  if (/^(Credential|Authentication|AggregateAuthentication)/.test(name)) {
    return new StateError('denied', `${what}: no token for storage: check the app's managed identity.`);
  }
  if (status === 401 || status === 403) {
    const fix = `give this app's identity a data role on it (${roleFor(what)}), and check the account's firewall`;
    return new StateError('denied', `${what}: access denied (${detail}): ${fix}.`);
  }
  if (isMissing(error)) {
    return new StateError(
      'missing',
      `${what} does not exist (${detail}): deploy infra/, or let the embedded host make it.`,
    );
  }
  if (status === undefined || status === 408 || status === 429 || status >= 500) {
    return new StateError(
      'unavailable',
      `${what}: storage is unavailable (${detail || name || 'no answer'}).`,
    );
  }
  return new StateError('refused', `${what}: storage refused the request (${detail}).`);
}

function roleFor(what: string): string {
  if (what.startsWith('table')) return 'Storage Table Data Contributor';
  return what.startsWith('queue') ? 'Storage Queue Data Contributor' : 'Storage Blob Data Contributor';
}
