/**
 * The calls of Microsoft Graph v1.0 for one application object: see its client secrets, add one, remove one. Nothing of
 * what Graph says goes further than what is parsed here: failures are closed codes in our words (rule 1).
 */
import { z } from 'zod';
import type { Clock } from '../clock.ts';
import { graphRefusal } from './graph-refusal.ts';
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

export interface Graph {
  application(): Promise<Did<Application>>;
  /** @param endsAt ms, by Graph's clock. It begins when Graph says so: another clock's beginning could lie ahead. */
  addPassword(displayName: string, endsAt: number): Promise<Did<AddedSecret>>;
  removePassword(keyId: string): Promise<Did<void>>;
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
  ): Promise<Did<T>> {
    for (let tries = 1; ; tries += 1) {
      const reply = await http(request);
      if (!reply.answered) return graphRefusal(reply, request.path);
      try {
        // Not done, so that it may be sent again: Graph's throttling comes before its work.
        const wait = waitOf(reply);
        if (reply.status === 429 && tries < mostTries && wait <= longestWait) {
          await clock.sleep(wait);
          continue;
        }
        const value = reply.status < 300 ? read(reply) : undefined;
        return value === undefined ? graphRefusal(reply, request.path) : { ok: true, value };
      } finally {
        reply.body.fill(0);
      }
    }
  }

  return {
    application: () =>
      send(
        { method: 'GET', path: `${path}?$select=id,appId,displayName,passwordCredentials` },
        ({ body, at }): Application | undefined => {
          const { success, data } = application.safeParse(json(body));
          if (!success) return undefined;
          const { appId, passwordCredentials } = data;
          return { appId, secrets: passwordCredentials.map(secretOf), at: at ?? clock.now() };
        },
      ),
    addPassword: (displayName, endsAt) =>
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
      ),
    async removePassword(keyId) {
      const removed = await send(
        { method: 'POST', path: `${path}/removePassword`, body: { keyId } },
        () => true,
      );
      return removed.ok ? { ok: true, value: undefined } : removed;
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
