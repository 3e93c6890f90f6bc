/** HTTP routes for people: token → person with the role, body → value, refusal → status. */
import type { HttpRequest, HttpResponseInit } from '@azure/functions';
import type { z } from 'zod';
import type { Clock } from '../shared/clock.ts';
import type { Authenticate } from '../shared/compose/authenticate.ts';
import type { Log } from '../shared/log/log.ts';
import type { Person, Role } from '../shared/people/person.ts';
import { withDeadline } from '../shared/work/deadline.ts';
import type { Said } from '../shared/work/recover/said.ts';
import { readAsked } from './asked.ts';
import { failed, refusal } from './refusal.ts';

/** Far below the 230 s after which Azure cuts HTTP. */
const deadlineMs = 60_000;
type Asked<D, T> = { deps: D; person: Person; body: T } & Pick<HttpRequest, 'params' | 'query'>;

/**
 * Handlers of one app that only a person with the role reaches. The platform's key is no authority here, and no platform
 * header is looked at: only the Authorization header's token counts (rule 7).
 */
export function peopleOf<D extends { clock: Clock; log: Log }>(
  open: () => { deps: D; authenticate: Authenticate },
) {
  return function forPerson<T, R>(
    role: Role,
    schema: z.ZodType<T>,
    use: (asked: Asked<D, T>) => Promise<Said<R>>,
    success = 200,
  ): (request: HttpRequest) => Promise<HttpResponseInit> {
    return async (request) => {
      const { deps, authenticate } = open();
      try {
        const who = await authenticate(request.headers.get('authorization') ?? undefined, role);
        if (!who.ok) return { status: who.status, jsonBody: { error: who.code, message: who.message } };
        const read = await readAsked(request, schema);
        if (!read.ok) return read.answer;
        const said = await withDeadline(deps.clock, deadlineMs, 'request', () =>
          use({ deps, person: who.person, body: read.body, params: request.params, query: request.query }),
        );
        return said.ok ? { status: success, jsonBody: said.value } : refusal(said);
      } catch (error) {
        deps.log.error('request-failed', { error });
        return refusal(failed(error));
      }
    };
  };
}
