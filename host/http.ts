/** HTTP triggers on node:http: routes, one function key, JSON errors. */
import { createHash, timingSafeEqual } from 'node:crypto';
import { once } from 'node:events';
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { HttpData } from './core-types.ts';
import type { HostedFunction } from './hosted-function.ts';
import type { Invoke } from './invoke.ts';
import { matchRoute, moreLiteralFirst } from './route.ts';

export interface HttpListener {
  /** `http://127.0.0.1:7071`. */
  url: string;
  /** Takes no more requests; what runs goes on. */
  stop(): void;
  /** Cuts what is left. */
  close(): Promise<void>;
}

export interface HttpOptions {
  functions: HostedFunction[];
  invoke: Invoke;
  functionKey: string | undefined;
  address: string;
  /** 0: any free one. */
  port: number;
}

/** Bytes. */
const largestBody = 1024 * 1024;
/** Before open connections are cut, ms. */
const linger = 500;

/** An answer of the host itself. */
class Refusal extends Error {
  readonly status: number;
  readonly headers: Record<string, string>;
  constructor(status: number, message: string, headers: Record<string, string> = {}) {
    super(message);
    this.status = status;
    this.headers = headers;
  }
}

/** @throws Error that names the port when it is taken. */
export async function listenToHttp(options: HttpOptions): Promise<HttpListener> {
  const { address, port } = options;
  const server = createServer({ requestTimeout: 30_000, headersTimeout: 10_000 }, (request, response) => {
    answer(options, url, request, response).catch((error: unknown) => {
      const refusal =
        error instanceof Refusal ? error : new Refusal(500, 'the function failed: its log says why');
      send(response, refusal.status, refusal.headers, JSON.stringify({ error: refusal.message }));
    });
  });
  server.listen(port, address);
  await once(server, 'listening').catch((error: NodeJS.ErrnoException) => {
    const why =
      error.code === 'EADDRINUSE' ? `port ${port} is taken: set another one` : (error.code ?? error.message);
    throw new Error(`cannot listen on ${address}: ${why}.`);
  });
  const closed = new Promise<void>((resolve) => server.once('close', resolve));
  const bound = server.address();
  const name = address.includes(':') ? `[${address}]` : address;
  const url = `http://${name}:${bound !== null && typeof bound === 'object' ? bound.port : port}`;
  return {
    url,
    stop: () => void server.close(),
    async close() {
      server.close();
      // Answers that were just written get a moment to leave.
      const cut = setTimeout(() => server.closeAllConnections(), linger);
      await closed;
      clearTimeout(cut);
    },
  };
}

async function answer(
  options: HttpOptions,
  origin: string,
  request: IncomingMessage,
  response: ServerResponse,
): Promise<void> {
  // The origin is ours, not the Host header: that is the caller's to choose.
  const url = URL.parse(`${origin}${request.url?.startsWith('/') ? request.url : '/'}`);
  if (!url) throw new Refusal(400, 'the path cannot be read');
  const { hosted, params, keyed } = find(options.functions, request.method ?? '', url.pathname);
  const key = request.headers['x-functions-key'] ?? url.searchParams.get('code') ?? '';
  if (keyed && !sameKey(String(key), options.functionKey)) {
    throw new Refusal(401, 'a function key is needed: header x-functions-key, or ?code=');
  }
  // A function has no use for the key, so it cannot log or pass it on.
  url.searchParams.delete('code');
  const body = await readBody(request);
  const headers = Object.fromEntries(
    Object.entries(request.headers).flatMap(([name, value]) =>
      value === undefined || name === 'x-functions-key' ? [] : [[name, String(value)]],
    ),
  );
  const input: HttpData = {
    method: request.method ?? '',
    url: url.href,
    headers,
    params,
    ...(body.byteLength > 0 && { body: { bytes: body } }),
  };
  const { http } = (await options.invoke(hosted, { http: input })) ?? {};
  if (!http) return send(response, 204, {}, '');
  if (http.cookies && http.cookies.length > 0) throw new Refusal(500, 'the embedded host sends no cookies');
  send(
    response,
    Number(http.statusCode ?? 200),
    http.headers ?? {},
    http.body?.bytes ?? http.body?.string ?? '',
  );
}

function find(functions: HostedFunction[], method: string, path: string) {
  const served = functions
    .flatMap((hosted) => {
      if (hosted.trigger.kind !== 'http') return [];
      const { route, methods, keyed } = hosted.trigger;
      const params = matchRoute(route, path);
      return params ? [{ hosted, route, methods, keyed, params }] : [];
    })
    .sort((a, b) => moreLiteralFirst(a.route, b.route));
  if (served.length === 0) throw new Refusal(404, 'nothing is served at this path');
  const match = served.find(({ methods }) => methods.includes(method));
  if (match) return match;
  const allow = [...new Set(served.flatMap(({ methods }) => methods))].join(', ');
  throw new Refusal(405, `this path takes ${allow}`, { allow });
}

/** In constant time: hashed first, so that not even the length shows. */
export function sameKey(given: string, expected: string | undefined): boolean {
  if (expected === undefined) return false;
  const hash = (text: string) => createHash('sha256').update(text).digest();
  return timingSafeEqual(hash(given), hash(expected));
}

async function readBody(request: IncomingMessage): Promise<Buffer> {
  const chunks: Buffer[] = [];
  let size = 0;
  // Not destroyed on a refusal: that would close the connection before the answer.
  for await (const chunk of request.iterator({ destroyOnReturn: false }) as AsyncIterable<Buffer>) {
    size += chunk.byteLength;
    if (size > largestBody) throw new Refusal(413, 'the body is larger than 1 MiB', { connection: 'close' });
    chunks.push(chunk);
  }
  return Buffer.concat(chunks);
}

function send(
  response: ServerResponse,
  status: number,
  headers: Record<string, string>,
  body: string | Uint8Array,
): void {
  if (response.destroyed) return;
  const json = typeof body === 'string' && body !== '' ? { 'content-type': 'application/json' } : {};
  response.writeHead(status, { ...json, ...headers });
  response.end(body);
}
