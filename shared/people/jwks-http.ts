/** One GET of a key set: whoever could answer it could sign as anybody, so TLS is verified and nothing followed. */
import type { LookupFunction } from 'node:net';
import type { Dispatcher } from 'undici';
import { openGuardedClient } from '../guarded-client.ts';
import { isRefusedLiteral } from '../refused-address.ts';
import type { GetKeySet } from './keys.ts';

export interface KeySetHttpOptions {
  /** Addresses that are never connected to, whatever name led there: link-local ones at least. */
  isRefusedAddress: (address: string) => boolean;
  /** Hosts that plain HTTP is allowed to: loopback, and none on Azure. Default none. */
  isPlainHost?: (hostname: string) => boolean;
  /** From start to the end of the answer, ms. Default 5,000. */
  timeoutMs?: number;
  /** PEM; undefined: the system's roots. */
  ca?: string;
  /** Replaces the system's resolver. */
  lookup?: LookupFunction;
}

const defaultTimeoutMs = 5000;
/** Entra's documents are about 10 KiB. */
const mostBytes = 256 * 1024;

class TooLarge extends Error {}

/** A connection of its own for each call: there is about one a day. No proxy, no redirect. */
export function createKeySetGet(options: KeySetHttpOptions): GetKeySet {
  return async (address) => {
    const url = URL.canParse(address) ? new URL(address) : undefined;
    const problem = url ? problemOf(url, options) : 'the address of the key set is not a valid URL';
    if (!url || problem !== undefined) return { ok: false, recoverable: false, message: problem ?? '' };
    const signal = AbortSignal.timeout(options.timeoutMs ?? defaultTimeoutMs);
    const client = openGuardedClient(url, options, options.timeoutMs ?? defaultTimeoutMs);
    try {
      const response = await client.request({
        method: 'GET',
        path: `${url.pathname}${url.search}`,
        headers: { accept: 'application/json', 'user-agent': 'sealwatch' },
        signal,
      });
      const { statusCode } = response;
      if (statusCode !== 200) {
        const recoverable = statusCode === 429 || statusCode >= 500;
        return { ok: false, recoverable, message: `${url.host} answered ${statusCode}` };
      }
      return { ok: true, body: await read(response) };
    } catch (error) {
      return { ok: false, ...failure(url.host, error, signal.aborted) };
    } finally {
      await client.destroy();
    }
  };
}

function problemOf(url: URL, { isPlainHost, isRefusedAddress }: KeySetHttpOptions): string | undefined {
  const plain = url.protocol === 'http:' && isPlainHost?.(url.hostname) === true;
  if (url.protocol !== 'https:' && !plain) return `${url.host}: signing keys are fetched over https:// only`;
  // A literal address is never looked up, so it is checked here.
  return isRefusedLiteral(url.hostname, { isRefusedAddress })
    ? `${url.host} is an address that is never called`
    : undefined;
}

async function read({ body }: Dispatcher.ResponseData): Promise<string> {
  const chunks: Buffer[] = [];
  let size = 0;
  for await (const chunk of body as AsyncIterable<Buffer>) {
    size += chunk.length;
    if (size > mostBytes) throw new TooLarge();
    chunks.push(chunk);
  }
  return Buffer.concat(chunks).toString('utf8');
}

function failure(host: string, error: unknown, timedOut: boolean): { recoverable: boolean; message: string } {
  if (error instanceof TooLarge) {
    return { recoverable: false, message: `${host}: the answer is larger than ${mostBytes} bytes` };
  }
  const code = error instanceof Error && 'code' in error ? String(error.code) : 'unknown error';
  if (code === 'REFUSED_ADDRESS') {
    return { recoverable: false, message: `${host} resolves to an address that is never called` };
  }
  if (timedOut || /TIMEOUT|TIMEDOUT/.test(code)) {
    return { recoverable: true, message: `${host} did not answer in time` };
  }
  return { recoverable: true, message: `${host}: connection failed (${code})` };
}
