/** Something of a test in front of the three services of a storage account. */
import { once } from 'node:events';
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';

export type Service = 'table' | 'queue' | 'blob';

/** Answers one request. What it throws ends the connection. */
export type Pass = (
  service: Service,
  target: URL,
  request: IncomingMessage,
  response: ServerResponse,
) => Promise<void>;

/** @returns also the connection string of the same account, by way of what stands in front of it. */
export async function startInFront(
  connectionString: string,
  pass: Pass,
): Promise<{ connectionString: string; close(): Promise<void> }> {
  const servers = await Promise.all(
    (['Table', 'Queue', 'Blob'] as const).map(async (name) => {
      const target = new URL(new RegExp(`${name}Endpoint=([^;]+)`).exec(connectionString)?.[1] ?? '');
      const service = name.toLowerCase() as Service;
      const server = createServer({ keepAliveTimeout: 120_000 }, (request, response) => {
        pass(service, target, request, response).catch((error: Error) => response.destroy(error));
      });
      server.listen(0, '127.0.0.1');
      await once(server, 'listening');
      const own = `127.0.0.1:${(server.address() as AddressInfo).port}`;
      return { server, host: target.host, own };
    }),
  );
  return {
    connectionString: servers.reduce((text, { host, own }) => text.replace(host, own), connectionString),
    async close() {
      for (const { server } of servers) {
        server.closeAllConnections();
        server.close();
        await once(server, 'close');
      }
    },
  };
}
