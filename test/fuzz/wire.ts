/** Requests as bytes on a socket: what no HTTP client would send, too. */
import { createConnection } from 'node:net';

export interface Wired {
  /** 0: the connection was closed without an answer. */
  status: number;
  head: string;
  body: string;
}

/** Far above what any answer takes: a connection that is silent for that long hangs, ms. */
const patienceMs = 15_000;

/**
 * @param bytes a whole request that says `Connection: close`, or anything.
 * @param end also closes our half: what is no whole request is then never waited for.
 * @throws Error for a hang.
 */
export function exchange(url: string, bytes: Buffer, end = false): Promise<Wired> {
  const { promise, resolve, reject } = Promise.withResolvers<Wired>();
  const socket = createConnection(Number(new URL(url).port), '127.0.0.1');
  const chunks: Buffer[] = [];
  socket.setTimeout(patienceMs, () => {
    reject(new Error(`no answer within ${patienceMs} ms`));
    socket.destroy();
  });
  socket.on('data', (chunk) => chunks.push(chunk));
  // A server that answers before it has read everything resets: what it said came before.
  socket.on('error', () => socket.destroy());
  socket.on('close', () => resolve(read(Buffer.concat(chunks))));
  socket.on('end', () => socket.end());
  if (end) socket.end(bytes);
  else socket.write(bytes);
  return promise;
}

function read(bytes: Buffer): Wired {
  const at = bytes.indexOf('\r\n\r\n');
  const head = (at < 0 ? bytes : bytes.subarray(0, at)).toString('latin1');
  const rest = at < 0 ? Buffer.alloc(0) : bytes.subarray(at + 4);
  const status = Number(/^HTTP\/1\.1 (\d{3})/.exec(head)?.[1] ?? 0);
  const body = /^transfer-encoding: chunked$/im.test(head) ? joined(rest) : rest;
  return { status, head, body: body.toString() };
}

/** RFC 9112, 7.1. */
function joined(chunked: Buffer): Buffer {
  const chunks: Buffer[] = [];
  for (let at = 0; at < chunked.byteLength; ) {
    const end = chunked.indexOf('\r\n', at);
    const size = Number.parseInt(chunked.subarray(at, end).toString('latin1'), 16);
    if (end < 0 || !(size > 0)) break;
    chunks.push(chunked.subarray(end + 2, end + 2 + size));
    at = end + 2 + size + 2;
  }
  return Buffer.concat(chunks);
}

export interface Sent {
  method: string;
  path: string;
  /** In this order, repeated as given. */
  headers: [string, string][];
  body: Buffer;
}

export function requestBytes({ method, path, headers, body }: Sent): Buffer {
  const lines = [
    `${method} ${path} HTTP/1.1`,
    'Host: sealwatch',
    'Connection: close',
    ...headers.map(([name, value]) => `${name}: ${value}`),
    ...(body.byteLength > 0 ? [`Content-Length: ${body.byteLength}`] : []),
  ];
  return Buffer.concat([Buffer.from(`${lines.join('\r\n')}\r\n\r\n`, 'latin1'), body]);
}
