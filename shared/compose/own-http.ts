/** HTTP with Sealwatch's own identity to one fixed host of Microsoft's: verified TLS, no proxy, nothing followed. */
import type { LookupFunction } from 'node:net';
import type { Dispatcher } from 'undici';
import { isLinkLocal } from '../fleet/network.ts';
import { openGuardedClient } from '../guarded-client.ts';
import type { Credential } from './state.ts';

/** What stands in for the real one, in tests: where it is, and whom to trust. The name stays its own. */
export interface HostReplaced {
  port: number;
  ca: string;
  lookup: LookupFunction;
}

export interface OwnHttpOptions {
  host: string;
  /** Of an answer. */
  mostBytes: number;
  /** Of the app. */
  credential: Credential;
  replaced?: HostReplaced;
  /** From start to the end of one answer, ms. Default 20,000. */
  timeoutMs?: number;
}

export interface OwnRequest {
  method: 'GET' | 'POST';
  /** Below the host; as it is sent. */
  path: string;
  body?: object;
}

export type OwnReply =
  /** `at`: their own time of the answer, ms. `body`: the receiver zeroes it. */
  | { answered: true; status: number; retryAfter?: string; at?: number; body: Buffer }
  | { answered: false; why: 'no-token' | 'timeout' | 'no-answer' | 'refused-address' | 'too-large' };

const defaultTimeoutMs = 20_000;

class TooLarge extends Error {}

/** The function that it gives rejects for nothing. */
export function createOwnHttp(options: OwnHttpOptions): (request: OwnRequest) => Promise<OwnReply> {
  const { host, mostBytes, replaced, credential, timeoutMs = defaultTimeoutMs } = options;
  const url = new URL(`https://${host}${replaced ? `:${replaced.port}` : ''}`);
  return async ({ method, path, body }) => {
    const signal = AbortSignal.timeout(timeoutMs);
    const token = await tokenOf(credential, `https://${host}/.default`, signal);
    if (token === undefined) return { answered: false, why: 'no-token' };
    const guard = { isRefusedAddress: isLinkLocal, ...replaced };
    const client = openGuardedClient(url, guard, timeoutMs);
    try {
      const response = await client.request({
        method,
        path,
        headers: {
          authorization: `Bearer ${token}`,
          accept: 'application/json',
          'user-agent': 'sealwatch',
          ...(body && { 'content-type': 'application/json' }),
        },
        ...(body && { body: JSON.stringify(body) }),
        signal,
      });
      return await replyOf(response, mostBytes);
    } catch (error) {
      return { answered: false, why: whyNot(error, signal) };
    } finally {
      await client.destroy();
    }
  };
}

/** @azure/identity keeps tokens, and does not always end with its signal. */
async function tokenOf(
  credential: Credential,
  scope: string,
  abortSignal: AbortSignal,
): Promise<string | undefined> {
  const late = new Promise<undefined>((resolve) => {
    abortSignal.addEventListener('abort', () => resolve(undefined), { once: true });
  });
  const asked = credential().then((identity) => identity.getToken(scope, { abortSignal }));
  try {
    return (await Promise.race([asked, late]))?.token;
  } catch {
    // What the identity's endpoint said stays there (rule 1).
    return undefined;
  }
}

async function replyOf(
  { statusCode, headers, body }: Dispatcher.ResponseData,
  mostBytes: number,
): Promise<OwnReply> {
  const chunks: Buffer[] = [];
  let size = 0;
  try {
    for await (const chunk of body as AsyncIterable<Buffer>) {
      size += chunk.length;
      if (size > mostBytes) throw new TooLarge();
      chunks.push(chunk);
    }
    const at = Date.parse(String(headers['date']));
    const retryAfter = headers['retry-after'];
    return {
      answered: true,
      status: statusCode,
      body: Buffer.concat(chunks),
      ...(typeof retryAfter === 'string' && { retryAfter }),
      ...(Number.isFinite(at) && { at }),
    };
  } finally {
    for (const chunk of chunks) chunk.fill(0);
  }
}

function whyNot(error: unknown, signal: AbortSignal): Extract<OwnReply, { answered: false }>['why'] {
  if (error instanceof TooLarge) return 'too-large';
  const code = error instanceof Error && 'code' in error ? String(error.code) : '';
  if (code === 'REFUSED_ADDRESS') return 'refused-address';
  return signal.aborted || /TIMEOUT|TIMEDOUT/.test(code) ? 'timeout' : 'no-answer';
}
