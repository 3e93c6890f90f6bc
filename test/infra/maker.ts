/** An account that has nothing and lets everything be made: it only notes what was asked for. */
import { once } from 'node:events';
import { createServer, type IncomingMessage } from 'node:http';
import type { AddressInfo } from 'node:net';
import { text } from 'node:stream/consumers';

export interface Maker {
  connectionString: string;
  /** Names of the tables, queues or containers. */
  made(kind: string): string[];
  close(): Promise<void>;
}

export async function startMaker(): Promise<Maker> {
  const noted: { kind: string; name: string }[] = [];
  const note = async (request: IncomingMessage): Promise<void> => {
    const { pathname, searchParams } = new URL(request.url ?? '', 'http://account');
    const [, service = '', name = ''] = pathname.split('/');
    const body = await text(request);
    if (service === 'table') noted.push({ kind: 'table', name: JSON.parse(body).TableName });
    else noted.push({ kind: searchParams.has('restype') ? 'container' : 'queue', name });
  };
  const server = createServer((request, response) => {
    note(request).then(
      () => response.writeHead(201, { 'content-type': 'application/json' }).end('{}'),
      (error: Error) => response.destroy(error),
    );
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const own = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  const key = Buffer.from('a key that nobody checks').toString('base64');
  return {
    connectionString: [
      `DefaultEndpointsProtocol=http;AccountName=account;AccountKey=${key}`,
      ...['Table', 'Queue', 'Blob'].map((service) => `${service}Endpoint=${own}/${service.toLowerCase()}`),
    ].join(';'),
    made: (kind) => noted.filter((one) => one.kind === kind).map(({ name }) => name),
    async close() {
      server.closeAllConnections();
      server.close();
      await once(server, 'close');
    },
  };
}
