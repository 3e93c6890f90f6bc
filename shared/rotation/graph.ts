/**
 * The calls of Microsoft Graph v1.0 for one application object: see its client secrets, add one, remove one. Nothing of
 * what Graph says goes further than what is parsed here: failures are closed codes in our words (rule 1).
 */
import { z } from 'zod';
import type { Clock } from '../clock.ts';
import { graphRefusal } from './graph-refusal.ts';
import { type Deadline, noDeadline } from './kinds/deadline.ts';
import type { Did } from './rotation.ts';

export interface GraphRequest {
  method: 'GET' | 'POST';
  /** Below https://graph.microsoft.com. */
  path: string;
  body?: object;
}

export type GraphReply =
  /** `at`: Graph's own time of the answer, ms. `body`: the receiver zeroes it. */
  | { answered: true; status: number; retryAfter?: string; at?: number; body: Buffer }
  | { answered: false; why: 'no-token' | 'timeout' | 'no-answer' | 'refused-address' | 'too-large' };

/** Rejects for nothing. */
export type GraphHttp = (request: GraphRequest) => Promise<GraphReply>;

/** One client secret of an application, as Graph lists it. Times are Graph's, ms. */
export interface ListedSecret {
  keyId: string;
  displayName?: string;
  /** The first three characters of the secret. */
  hint?: string;
  startsAt?: number;
  endsAt?: number;
}

export interface Application {
  appId: string;
  secrets: ListedSecret[];
  /** Graph's own time, ms: its clock judges what has ended. */
  at: number;
}

export interface AddedSecret {
  keyId: string;
  startsAt: number;
  endsAt?: number;
  /** The receiver zeroes it. */
  secret: Buffer;
}

/** Of a failure: it is certain that nothing was changed. */
export interface Unchanged {
  unchanged?: true;
}

/** `deadline`: of the call of which it is a part; until then it is done, with all its waits. */
export interface Graph {
  application(deadline?: Deadline): Promise<Did<Application>>;
  /** @param endsAt ms, by Graph's clock. It begins when Graph says so: another clock's beginning could lie ahead. */
  addPassword(
    displayName: string,
    endsAt: number,
    deadline?: Deadline,
  ): Promise<Did<AddedSecret> & Unchanged>;
  removePassword(keyId: string, deadline?: Deadline): Promise<Did<void>>;
}

/** Graph writes seven digits of a second. What is no date is none: people's own secrets are only shown. */
const when = z
  .string()
  .nullish()
  .transform((text) => {
    const ms = Date.parse(text ?? '');
    return Number.isFinite(ms) ? ms : undefined;
  });

const listed = z.object({
  keyId: z.guid(),
  displayName: z.string().nullish(),
  hint: z.string().nullish(),
  startDateTime: when,
  endDateTime: when,
});
const application = z.object({ appId: z.guid(), passwordCredentials: z.array(listed) });
const added = listed.extend({
  secretText: z
    .string()
    .min(1)
    .transform((text) => Buffer.from(text)),
});

/** Tries of what was throttled, and the longest wait before the next of them, ms. */
const mostTries = 3;
const longestWait = 10_000;
/** Where a 429 says nothing of when, ms. */
const usualWait = 3_000;
/** A change is not sent with less left: its answer may take so long (compose), and without it nobody knows what was done, ms. */
const changeMs = 20_000;

const late: GraphReply = { answered: false, why: 'timeout' };
const tooLate = {
  ok: false,
  code: 'unreachable',
  detail: 'graph.microsoft.com took so long that the change was not sent any more',
  unchanged: true,
} as const;
/** What Graph refuses with before it does anything. Not 5xx: a gateway says it, too, of a request whose answer it lost. */
const refusals = new Set([400, 401, 403, 404, 429]);

/** Where nothing can have been changed, it is said. */
function refusalOf(
  reply: GraphReply,
  { method, path }: GraphRequest,
): Extract<Did<never>, { ok: false }> & Unchanged {
  const refused = graphRefusal(reply, path);
  const isRefused = reply.answered
    ? refusals.has(reply.status)
    : reply.why === 'no-token' || reply.why === 'refused-address';
  return method === 'POST' && isRefused ? { ...refused, unchanged: true } : refused;
}

/** @param of the application: the GUID of its object, or else its client id. */
export function createGraph(
  of: string | { clientId: string },
  http: GraphHttp,
  clock: Pick<Clock, 'now' | 'sleep'>,
): Graph {
  const path =
    typeof of === 'string'
      ? `/v1.0/applications/${encodeURIComponent(of)}`
      : `/v1.0/applications(appId='${encodeURIComponent(of.clientId)}')`;

  async function send<T>(
    request: GraphRequest,
    read: (reply: Extract<GraphReply, { answered: true }>) => T | undefined,
    deadline: Deadline = noDeadline,
  ): Promise<Did<T> & Unchanged> {
    const least = request.method === 'POST' ? changeMs : 0;
    for (let tries = 1; ; tries += 1) {
      if (deadline.left() < least) return tooLate;
      const asked = http(request);
      const reply = await deadline.orLate(asked, late);
      if (reply === late) void asked.then(forget);
      if (!reply.answered) return refusalOf(reply, request);
      try {
        // Not done, so that it may be sent again: Graph's throttling comes before its work.
        const wait = waitOf(reply);
        const mayWait = wait <= longestWait && wait + least < deadline.left();
        if (reply.status === 429 && tries < mostTries && mayWait) {
          await clock.sleep(wait);
          continue;
        }
        const value = reply.status < 300 ? read(reply) : undefined;
        return value === undefined ? refusalOf(reply, request) : { ok: true, value };
      } finally {
        reply.body.fill(0);
      }
    }
  }

  return {
    application: (deadline) =>
      send(
        { method: 'GET', path: `${path}?$select=id,appId,displayName,passwordCredentials` },
        ({ body, at }): Application | undefined => {
          const { success, data } = application.safeParse(json(body));
          if (!success) return undefined;
          const { appId, passwordCredentials } = data;
          return { appId, secrets: passwordCredentials.map(secretOf), at: at ?? clock.now() };
        },
        deadline,
      ),
    addPassword: (displayName, endsAt, deadline) =>
      send(
        {
          method: 'POST',
          path: `${path}/addPassword`,
          body: { passwordCredential: { displayName, endDateTime: new Date(endsAt).toISOString() } },
        },
        ({ body, at }): AddedSecret | undefined => {
          const { success, data } = added.safeParse(json(body));
          if (!success) return undefined;
          const { keyId, startsAt, endsAt } = secretOf(data);
          return {
            keyId,
            secret: data.secretText,
            startsAt: startsAt ?? at ?? clock.now(),
            ...(endsAt !== undefined && { endsAt }),
          };
        },
        deadline,
      ),
    async removePassword(keyId, deadline) {
      const removed = await send(
        { method: 'POST', path: `${path}/removePassword`, body: { keyId } },
        () => true,
        deadline,
      );
      if (removed.ok) return { ok: true, value: undefined };
      const { code, detail } = removed;
      return { ok: false, code, detail };
    },
  };
}

function secretOf({
  keyId,
  displayName,
  hint,
  startDateTime,
  endDateTime,
}: z.infer<typeof listed>): ListedSecret {
  return {
    keyId,
    ...(typeof displayName === 'string' && { displayName }),
    ...(typeof hint === 'string' && hint !== '' && { hint }),
    ...(startDateTime !== undefined && { startsAt: startDateTime }),
    ...(endDateTime !== undefined && { endsAt: endDateTime }),
  };
}

/** Of an answer that comes when nobody waits for it any more. */
function forget(reply: GraphReply): void {
  if (reply.answered) reply.body.fill(0);
}

function json(body: Buffer): unknown {
  try {
    return JSON.parse(body.toString('utf8'));
  } catch {
    // The engine's words quote the text, which may hold the secret.
    return undefined;
  }
}

function waitOf({ retryAfter }: { retryAfter?: string }): number {
  return retryAfter !== undefined && /^\d{1,6}$/.test(retryAfter) ? Number(retryAfter) * 1000 : usualWait;
}
