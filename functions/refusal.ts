/** How a use case's refusal answers. */
import type { HttpResponseInit } from '@azure/functions';
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
