/** How a use case's refusal answers, and a failure. */
import type { HttpResponseInit } from '@azure/functions';
import { StateError } from '../shared/state/errors.ts';
import type { RefusedCode, Said } from '../shared/work/recover/said.ts';

const statuses: Record<RefusedCode, number> = {
  'not-found': 404,
  busy: 409,
  conflict: 409,
  invalid: 400,
  forbidden: 403,
  unavailable: 503,
};

export function refusal({ code, message }: Extract<Said<never>, { ok: false }>): HttpResponseInit {
  return { status: statuses[code], jsonBody: { error: code, message } };
}

/** A row that cannot be read is named, with the fix: the same request again would not help. The rest is for the log. */
export function failed(error: unknown): Extract<Said<never>, { ok: false }> {
  const isUnreadable = error instanceof StateError && error.code === 'unreadable';
  return isUnreadable
    ? notDone('conflict', error.message)
    : notDone('unavailable', 'configuration or storage cannot be read: the log says why');
}

function notDone(code: RefusedCode, message: string) {
  return { ok: false, code, message } as const;
}
