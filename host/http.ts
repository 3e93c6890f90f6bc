/** HTTP triggers on node:http: routes, one function key, JSON errors. */
import { hash, timingSafeEqual } from 'node:crypto';
import { once } from 'node:events';
import { createServer, type IncomingMessage } from 'node:http';
import type { AddressInfo } from 'node:net';
import type { Invoke } from './functions-core.ts';
import type { HostedFunction } from './hosted-function.ts';
import { matchRoute, moreLiteralFirst } from './route.ts';

type Serving = { functions: HostedFunction[]; invoke: Invoke; functionKey: string | undefined };
type Answer = { status: number; headers: Record<string, string>; body: string | Uint8Array };

const largestBodyBytes = 1024 * 1024;
/** Before open connections are cut, ms: answers that were just written get a moment to leave. */
const linger = 500;
/** Of keys: compared hashed and in constant time, so that not even the length shows. */
const digest = (key: string) => hash('sha256', key, 'buffer');

/** @throws Error that names the port when it is taken. */
export async function listenToHttp(options: Serving, address: string, port: number) {
  const server = createServer({ requestTimeout: 30_000, headersTimeout: 10_000 }, (request, response) => {
    const send = ({ status, headers, body }: Answer) => {
      if (!response.destroyed) response.writeHead(status, headers).end(body);
    };
    const fail = () => send(refusal(500, 'the function failed: its log says why'));
    answer(options, url, request).then(send).catch(fail);
  });
  server.listen(port, address);
  await once(server, 'listening').catch((error: NodeJS.ErrnoException) => {
    const taken = error.code === 'EADDRINUSE' && `port ${port} is taken: set another one.`;
    throw new Error(`cannot listen on ${address}: ${taken || error.message}`);
  });
  const name = address.includes(':') ? `[${address}]` : address;
  const url = `http://${name}:${(server.address() as AddressInfo).port}`;
  /** Takes no more requests, and cuts what is left after `drained`. */
  const stop = async (drained: Promise<unknown>): Promise<void> => {
    const closed = once(server, 'close');
    server.close();
    await drained;
    const cut = setTimeout(() => server.closeAllConnections(), linger);
    await closed;
    clearTimeout(cut);
  };
  return { url, stop };
}

async function answer(options: Serving, origin: string, request: IncomingMessage): Promise<Answer> {
  const { method = '' } = request;
  if (!request.url?.startsWith('/')) return refusal(400, 'the path has to begin with /');
  // The origin is ours, not the Host header: that is the caller's to choose.
  const url = new URL(`${origin}${request.url}`);
  const served = serving(options.functions, url.pathname);
  const match = served.find(({ methods }) => methods.includes(method));
  const allow = [...new Set(served.flatMap(({ methods }) => methods))].join(', ');
  if (!match && allow === '') return refusal(404, 'nothing is served at this path');
  if (!match) return refusal(405, `this path takes ${allow}`, { allow });
  const { 'x-functions-key': keyHeader, ...headers } = request.headers;
  const key = String(keyHeader ?? url.searchParams.get('code') ?? '');
  if (match.keyed && !(options.functionKey && timingSafeEqual(digest(key), digest(options.functionKey))))
    return refusal(401, 'a function key is needed: header x-functions-key, or ?code=');
  // A function has no use for the key, so it cannot log or pass it on.
  url.searchParams.delete('code');
  const bytes = await readBody(request);
  if (!bytes) return refusal(413, 'the body is larger than 1 MiB', { connection: 'close' });
  const input = { method, url: url.href, headers: headers as Record<string, string>, params: match.params };
  const body = bytes.byteLength > 0 ? { body: { bytes } } : {};
  const { http } = await options.invoke(match.hosted, { http: { ...input, ...body } });
  const { statusCode = '204', headers: answered = {}, body: content, cookies = [] } = http ?? {};
  if (cookies.length > 0) return refusal(500, 'the embedded host sends no cookies');
  return { status: Number(statusCode), headers: answered, body: content?.bytes ?? '' };
}

/** HTTP functions whose route takes the path, with the parameters that it holds; the most literal one first. */
function serving(functions: HostedFunction[], path: string) {
  const all = functions.flatMap((hosted) => {
    if (hosted.trigger.kind !== 'http') return [];
    const params = matchRoute(hosted.trigger.route, path);
    return params ? [{ hosted, ...hosted.trigger, params }] : [];
  });
  return all.sort((a, b) => moreLiteralFirst(a.route, b.route));
}

/** An answer of the host itself. */
function refusal(status: number, error: string, headers: Record<string, string> = {}) {
  const body = JSON.stringify({ error });
  return { status, headers: { 'content-type': 'application/json', ...headers }, body };
}

/** @returns undefined when it is too large. Not destroyed then: that would close the connection before the answer. */
async function readBody(request: IncomingMessage): Promise<Buffer | undefined> {
  const chunks: Buffer[] = [];
  let size = 0;
  for await (const chunk of request.iterator({ destroyOnReturn: false }) as AsyncIterable<Buffer>) {
    size += chunk.byteLength;
    if (size > largestBodyBytes) return undefined;
    chunks.push(chunk);
  }
  return Buffer.concat(chunks);
}
