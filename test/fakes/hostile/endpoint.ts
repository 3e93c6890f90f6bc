/** A local server that does to its clients what it is told to, and counts what they do. */
import { createServer as createHttpServer, type IncomingMessage, type ServerResponse } from 'node:http';
import { createServer as createHttpsServer, type ServerOptions } from 'node:https';
import { type AddressInfo, createServer as createTcpServer, type Server, type Socket } from 'node:net';
import { TLSSocket } from 'node:tls';
import type { IssuedCertificate } from '../pki.ts';

export interface Received {
  method: string;
  path: string;
  headers: IncomingMessage['headers'];
  body: string;
}

/** `reset` ends the TCP connection with a RST, under TLS's feet. */
export type Behaviour = (request: Received, response: ServerResponse, reset: () => void) => void;

export interface Endpoint {
  port: number;
  /** https://127.0.0.1:PORT, or http:// without a certificate. */
  address: string;
  received: Received[];
  /** TCP connections that got as far as a whole handshake. */
  connections: { resumed: boolean }[];
  behave(behaviour: Behaviour): void;
  /** Cuts every connection. */
  close(): Promise<void>;
}

/** Without a certificate it speaks plain HTTP. `port` 0 or none: any free one. */
export async function startEndpoint(settings: {
  behaviour: Behaviour;
  certificate?: IssuedCertificate;
  port?: number;
  tls?: Pick<ServerOptions, 'ca' | 'requestCert' | 'rejectUnauthorized'>;
}): Promise<Endpoint> {
  const { certificate } = settings;
  let behaviour = settings.behaviour;
  const received: Received[] = [];
  const connections: Endpoint['connections'] = [];
  const sockets = new Set<Socket>();

  const listen = (request: IncomingMessage, response: ServerResponse) => {
    const chunks: Buffer[] = [];
    request.on('data', (chunk: Buffer) => chunks.push(chunk));
    request.on('end', () => {
      const { method = '', url = '', headers } = request;
      const seen = { method, path: url, headers, body: Buffer.concat(chunks).toString() };
      received.push(seen);
      const { remotePort } = request.socket;
      behaviour(seen, response, () => {
        for (const socket of sockets) if (socket.remotePort === remotePort) socket.resetAndDestroy();
      });
    });
  };
  const server = certificate
    ? createHttpsServer({ cert: certificate.certPem, key: certificate.keyPem, ...settings.tls }, listen)
    : createHttpServer(listen);
  server.keepAliveTimeout = 0;
  server.on(certificate ? 'secureConnection' : 'connection', (socket: Socket) => {
    connections.push({ resumed: socket instanceof TLSSocket && socket.isSessionReused() });
    // Clients that give up reset the connection; that is theirs to do.
    socket.on('error', () => socket.destroy());
  });
  server.on('connection', (socket: Socket) => track(sockets, socket));
  const port = await listening(server, settings.port ?? 0);
  return {
    port,
    address: `${certificate ? 'https' : 'http'}://127.0.0.1:${port}`,
    received,
    connections,
    behave(next) {
      behaviour = next;
    },
    close: () => closed(server, sockets),
  };
}

/** Takes connections and never says a word: to a TLS client it hangs in the handshake. */
export async function startSilence(): Promise<Pick<Endpoint, 'port' | 'close'>> {
  return startRaw(() => undefined);
}

/** Speaks what it likes on the bare socket. */
export async function startRaw(talk: (socket: Socket) => void): Promise<Pick<Endpoint, 'port' | 'close'>> {
  const sockets = new Set<Socket>();
  const server = createTcpServer((socket) => {
    track(sockets, socket);
    talk(socket);
  });
  const port = await listening(server, 0);
  return { port, close: () => closed(server, sockets) };
}

function track(sockets: Set<Socket>, socket: Socket): void {
  sockets.add(socket);
  socket.on('error', () => socket.destroy());
  socket.on('close', () => sockets.delete(socket));
}

function listening(server: Server, port: number): Promise<number> {
  return new Promise((resolve, reject) => {
    server.once('error', reject);
    server.listen(port, '127.0.0.1', () => resolve((server.address() as AddressInfo).port));
  });
}

function closed(server: Server, sockets: Set<Socket>): Promise<void> {
  return new Promise((resolve) => {
    server.close(() => resolve());
    for (const socket of sockets) socket.destroy();
  });
}
