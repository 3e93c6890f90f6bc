/** Something between an app and its storage account's queues, or its blobs: it sees each request, may hold it, or answer instead. */
import { once } from 'node:events';
import { createServer, type IncomingMessage, type ServerResponse, request as send } from 'node:http';
import type { AddressInfo } from 'node:net';

export interface QueueRequest {
  method: string;
  /** Without the account: `/notify/messages`. */
  path: string;
  query: URLSearchParams;
}

export interface QueueProxy {
  /** Of the same account, with that service through this proxy. */
  connectionString: string;
  close(): Promise<void>;
}

/** @param intercept resolves with a status to answer with, or with nothing: then the request is passed on. */
export async function startQueueProxy(
  connectionString: string,
  intercept: (request: QueueRequest) => Promise<number | undefined> | number | undefined,
  service: 'Queue' | 'Blob' = 'Queue',
): Promise<QueueProxy> {
  const endpoint = new RegExp(`${service}Endpoint=([^;]+)`).exec(connectionString)?.[1] ?? '';
  const { hostname, port, pathname: account } = new URL(endpoint);

  async function pass(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const { method = '', url = '', headers } = request;
    const { pathname, searchParams: query } = new URL(url, endpoint);
    const status = await intercept({
      method,
      path: pathname.slice(account.replace(/\/$/, '').length),
      query,
    });
    if (status !== undefined) {
      response.writeHead(status).end();
      return;
    }
    const passed = send({ hostname, port, method, path: url, headers }, (answer) => {
      response.writeHead(answer.statusCode ?? 502, answer.headers);
      answer.pipe(response);
    });
    passed.on('error', () => response.destroy());
    request.pipe(passed);
  }

  const server = createServer((request, response) => {
    pass(request, response).catch((error: Error) => response.destroy(error));
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const own = `127.0.0.1:${(server.address() as AddressInfo).port}`;
  return {
    connectionString: connectionString.replace(`${hostname}:${port}${account}`, `${own}${account}`),
    async close() {
      server.closeAllConnections();
      server.close();
      await once(server, 'close');
    },
  };
}
