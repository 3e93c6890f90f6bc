/** One POST to a channel. The URL of a chat hook is a secret: nothing but its host leaves this file. */
import type { LookupFunction } from 'node:net';
import type { Dispatcher } from 'undici';
import { openGuardedClient } from '../guarded-client.ts';
import { isRefusedLiteral } from '../refused-address.ts';
import type { Delivery, Rendered } from './channel.ts';
import { networkFailure, statusDelivery } from './post/outcome.ts';

export interface PostOptions {
  /** The deployment's host allow-list (rule 16): fleet.yaml cannot widen it. */
  allowed: (url: URL) => boolean;
  /** Addresses that are never connected to, whatever name led there: link-local ones at least. */
  isRefusedAddress: (address: string) => boolean;
  /** From start to response headers, ms. Default 10,000. */
  timeoutMs?: number;
  /** PEM; undefined: the system's roots. */
  ca?: string;
  /** Replaces the system's resolver. */
  lookup?: LookupFunction;
}

const defaultTimeoutMs = 10_000;
/** How much of an answer is read before its connection is cut, bytes, and for how long, ms. */
const answerBytes = 4096;
const answerMs = 1000;

/**
 * Posts once: a connection of its own, verified TLS, no redirect followed, the answer's body dropped unread by
 * anybody. Its status alone decides: a body that never ends must not make a second copy of a message.
 *
 * @param url a secret: never shown.
 * @param now wall-clock time, ms: for Retry-After dates.
 */
export async function post(
  url: string,
  { headers, body }: Rendered,
  options: PostOptions,
  now: () => number,
  signal: AbortSignal,
): Promise<Delivery> {
  const target = URL.canParse(url) ? new URL(url) : undefined;
  const problem = target ? problemOf(target, options) : 'the URL of this channel is not a valid URL';
  if (!target || problem !== undefined) return misconfigured(problem ?? '');
  const deadline = AbortSignal.any([signal, AbortSignal.timeout(options.timeoutMs ?? defaultTimeoutMs)]);
  const client = openGuardedClient(target, options, options.timeoutMs ?? defaultTimeoutMs);
  try {
    const response = await client.request({
      method: 'POST',
      path: `${target.pathname}${target.search}`,
      headers: { ...headers, 'user-agent': 'sealwatch' },
      body,
      signal: deadline,
    });
    await drop(response, deadline);
    return statusDelivery(target.host, response.statusCode, response.headers['retry-after'], now());
  } catch (error) {
    return networkFailure(target.host, error, deadline.aborted);
  } finally {
    await client.destroy();
  }
}

function problemOf(url: URL, { allowed, isRefusedAddress }: PostOptions): string | undefined {
  if (url.protocol !== 'https:' && url.protocol !== 'http:') {
    return 'the URL of this channel must begin with https://';
  }
  if (url.username !== '' || url.password !== '') {
    return `${url.host}: the URL of this channel must not hold a user name or password`;
  }
  if (!allowed(url)) {
    return `${url.host} is not among the hosts that this deployment may call: add it to the allowed hosts`;
  }
  // A literal address is never looked up, so it is checked here.
  return isRefusedLiteral(url.hostname, { isRefusedAddress })
    ? `${url.host} is an address that is never called`
    : undefined;
}

function misconfigured(detail: string): Delivery {
  return { delivered: false, reason: 'config', recoverable: false, detail };
}

async function drop({ body }: Dispatcher.ResponseData, deadline: AbortSignal): Promise<void> {
  const signal = AbortSignal.any([deadline, AbortSignal.timeout(answerMs)]);
  // The status is known: how the rest of the answer ends decides nothing.
  await body.dump({ limit: answerBytes, signal }).catch(() => undefined);
}
