/** Calls of recover's routes, with a person's token. */
import { Agent, fetch } from 'undici';
import { z } from 'zod';
import { type Context, Refused } from '../context.ts';
import { apiOrigin } from './origin.ts';
import { personIn, personToken } from './person-token.ts';

export interface Api {
  origin: string;
  /** Whom the token is of, unverified. */
  person: string;
  /**
   * @param path below /api/, its parts already escaped.
   * @throws Refused in recover's own words; `NoAnswer` where it may have done it all the same.
   */
  call<T>(method: 'GET' | 'POST' | 'DELETE', path: string, answer: z.ZodType<T>, body?: object): Promise<T>;
}

/** Whether it was done is not known. */
export class NoAnswer extends Refused {
  override name = 'NoAnswer';
}

/** Above the 60 s that recover itself takes at most, ms. */
const patienceMs = 75_000;
const longestAnswer = 1024 * 1024;
const Refusal = z.object({ error: z.string().optional(), message: z.string() });

/** @throws Refused without an address or a token; nothing is called yet. */
export async function connectApi(context: Context): Promise<Api> {
  const origin = apiOrigin(context.env);
  const token = await personToken(context, origin);
  return {
    origin,
    person: personIn(token),
    async call(method, path, answer, body) {
      const { status, text } = await send(`${origin}/api/${path}`, token, method, body);
      const json = parsed(text);
      if (status >= 200 && status < 300) {
        const read = answer.safeParse(json);
        if (read.success) return read.data;
        throw new NoAnswer(`${origin} answered something else than recover does: is SEALWATCH_API right?`);
      }
      const refusal = Refusal.safeParse(json);
      const why = refusal.success
        ? plain(refusal.data.message)
        : `${origin} answered ${status}${hint(status)}`;
      const undecided = status >= 500 && refusal.data?.error !== 'people-not-configured';
      throw undecided ? new NoAnswer(why) : new Refused(why);
    },
  };
}

async function send(
  url: string,
  token: string,
  method: string,
  body: object | undefined,
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
    throw new NoAnswer(`${origin} does not answer (${why}): set SEALWATCH_API to where recover runs`);
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

function hint(status: number): string {
  return status === 404 ? ': is SEALWATCH_API the address of recover?' : '';
}

function parsed(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}

/** What a server says is shown on a terminal: no control characters. */
export function plain(text: string): string {
  return text.replace(/[\p{Cc}\p{Cf}]+/gu, ' ').slice(0, 2000);
}
