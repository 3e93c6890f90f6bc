/** Calls of an app's routes, with a person's token. */
import { Agent, fetch } from 'undici';
import { z } from 'zod';
import { type Context, Refused } from '../context.ts';
import { type ApiApp, apiOrigin, apiSettings } from './origin.ts';
import { personIn, personToken } from './person-token.ts';

export interface Api {
  origin: string;
  /** Whom the token is of, unverified. */
  person: string;
  /**
   * @param path below /api/, its parts already escaped.
   * @throws Refused in the app's own words; `NoAnswer` where it may have done it all the same.
   */
  call<T>(method: 'GET' | 'POST' | 'DELETE', path: string, answer: z.ZodType<T>, body?: object): Promise<T>;
}

/** Whether it was done is not known. */
export class NoAnswer extends Refused {
  override name = 'NoAnswer';
}

/** Above the 60 s that an app itself takes at most, ms. */
const patienceMs = 75_000;
/** Readiness of a thousand clusters, with evidence, is above 1 MiB. */
const longestAnswer = 16 * 1024 * 1024;
const Refusal = z.object({ error: z.string().optional(), message: z.string() });

/** @throws Refused without an address or a token; nothing is called yet. */
export async function connectApi(context: Context, app: ApiApp = 'recover'): Promise<Api> {
  const origin = apiOrigin(context.env, app);
  const token = await personToken(context, origin, app);
  return {
    origin,
    person: personIn(token),
    async call(method, path, answer, body) {
      const { status, text } = await send(`${origin}/api/${path}`, { token, method, body, app });
      const json = parsed(text);
      if (status >= 200 && status < 300) {
        const read = answer.safeParse(json);
        if (read.success) return read.data;
        throw new NoAnswer(
          `${origin} answered something else than ${app} does: is ${apiSettings[app]} right?`,
        );
      }
      const refusal = Refusal.safeParse(json);
      const why = refusal.success
        ? plain(refusal.data.message)
        : `${origin} answered ${status}${hint(status, app)}`;
      const undecided = status >= 500 && refusal.data?.error !== 'people-not-configured';
      throw undecided ? new NoAnswer(why) : new Refused(why);
    },
  };
}

interface Sent {
  token: string;
  method: string;
  body: object | undefined;
  app: ApiApp;
}

async function send(
  url: string,
  { token, method, body, app }: Sent,
): Promise<{ status: number; text: string }> {
  const { origin } = new URL(url);
  // Whatever NODE_TLS_REJECT_UNAUTHORIZED says: the token is as good as the person.
  const dispatcher = new Agent({ connect: { rejectUnauthorized: true } });
  try {
    const response = await fetch(url, {
      method,
      redirect: 'manual',
      dispatcher,
      signal: AbortSignal.timeout(patienceMs),
      headers: { authorization: `Bearer ${token}`, ...(body && { 'content-type': 'application/json' }) },
      ...(body && { body: JSON.stringify(body) }),
    });
    return { status: response.status, text: (await response.text()).slice(0, longestAnswer) };
  } catch (error) {
    const why = reasonOf(error);
    throw new NoAnswer(`${origin} does not answer (${why}): set ${apiSettings[app]} to where ${app} runs`);
  } finally {
    await dispatcher.destroy();
  }
}

/** Only codes: messages of network errors may quote what was sent. */
function reasonOf(error: unknown): string {
  if (error instanceof Error && error.name === 'TimeoutError') return `not within ${patienceMs / 1000} s`;
  const cause = error instanceof Error ? error.cause : undefined;
  const code = cause instanceof Error && 'code' in cause ? cause.code : undefined;
  return typeof code === 'string' ? code : 'no connection';
}

function hint(status: number, app: ApiApp): string {
  if (status === 404) return `: is ${apiSettings[app]} the address of ${app}?`;
  // Of the app itself a refusal has words.
  if (status === 403)
    return ', and it is not the app that says so: your network may not be let in (httpAddresses, VPN)';
  return '';
}

function parsed(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}

/** What a server says is shown on a terminal: no control characters, and not too much. */
export function plain(text: string): string {
  return oneLine(text).slice(0, 2000);
}

/** The same, whole: for what a person has to copy. */
export function oneLine(text: string): string {
  return text.replace(/[\p{Cc}\p{Cf}]+/gu, ' ');
}
