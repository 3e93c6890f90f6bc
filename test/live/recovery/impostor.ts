/** Somebody else on a node's address: says what a sealed Vault says, takes whatever it is sent, and keeps every byte. */
import { type AddressInfo, createServer as createTcpServer, type Socket } from 'node:net';
import { createServer as createTlsServer } from 'node:tls';
import type { IssuedCertificate } from '../../fakes/pki.ts';

export interface Impostor {
  port: number;
  /** Connections that got as far as speaking: over TLS, those whose handshake was whole. */
  connections: number;
  /** All that came over them, without their TLS. */
  bytes(): Buffer;
  close(): Promise<void>;
}

export interface ImpostorSettings {
  /** Undefined: plain HTTP. */
  certificate?: Pick<IssuedCertificate, 'certPem' | 'keyPem'>;
  /** 0: any free one. */
  port?: number;
  /** Answers with this path with a redirect to this origin. */
  redirect?: { path: string; to: string };
}

const nonce = '3e7a8f4e-5f0c-4c3f-8f57-1d6c6ee5a3b0';
const sealStatus = (progress: number, sealed: boolean) => ({
  type: 'shamir',
  initialized: true,
  sealed,
  t: 3,
  n: 5,
  progress,
  nonce: progress > 0 ? nonce : '',
  version: '1.21.0',
  build_date: '2025-10-21T20:48:06Z',
  migration: false,
  recovery_seal: false,
  storage_type: 'raft',
  removed_from_cluster: false,
});
const health = (sealed: boolean) => ({
  initialized: true,
  sealed,
  standby: sealed,
  performance_standby: false,
  replication_performance_mode: 'unknown',
  replication_dr_mode: 'unknown',
  server_time_utc: 1_795_308_560,
  version: '1.21.0',
  enterprise: false,
});

export async function startImpostor({
  certificate,
  port = 0,
  redirect,
}: ImpostorSettings): Promise<Impostor> {
  const chunks: Buffer[] = [];
  const sockets = new Set<Socket>();
  let connections = 0;
  let progress = 0;
  // As a Vault does: after a threshold of shares there is nothing more to wait for.
  let sealed = true;

  const answer = (path: string): [number, unknown, string?] => {
    if (redirect && path.startsWith(redirect.path)) return [307, {}, `location: ${redirect.to}${path}\r\n`];
    if (path.startsWith('/v1/sys/health')) return [sealed ? 503 : 200, health(sealed)];
    if (path.startsWith('/v1/sys/seal-status')) return [200, sealStatus(progress, sealed)];
    if (!path.startsWith('/v1/sys/unseal')) return [403, { errors: ['permission denied'] }];
    progress = (progress + 1) % 3;
    sealed = progress > 0;
    return [200, sealStatus(progress, sealed)];
  };
  const talk = (socket: Socket): void => {
    connections += 1;
    let unread = Buffer.alloc(0);
    socket.on('data', (chunk: Buffer) => {
      chunks.push(chunk);
      unread = Buffer.concat([unread, chunk]);
      // A TLS hello: what a server of plain HTTP says to it.
      if (unread[0] === 0x16) socket.end('HTTP/1.1 400 Bad Request\r\nconnection: close\r\n\r\n');
      const head = unread.indexOf('\r\n\r\n');
      if (head < 0) return;
      const text = unread.subarray(0, head).toString('latin1');
      const length = Number(/^content-length: (\d+)/im.exec(text)?.[1] ?? 0);
      if (unread.length < head + 4 + length) return;
      unread = unread.subarray(head + 4 + length);
      const [status, body, more = ''] = answer(text.split(' ')[1] ?? '');
      const json = JSON.stringify(body);
      socket.write(
        `HTTP/1.1 ${status} Said\r\ncontent-type: application/json\r\n${more}content-length: ${json.length}\r\n\r\n${json}`,
      );
    });
  };
  const server = certificate
    ? createTlsServer({ cert: certificate.certPem, key: certificate.keyPem }, talk)
    : createTcpServer(talk);
  // A client that does not like the certificate ends the handshake; that is theirs to do.
  server.on('tlsClientError', () => undefined);
  server.on('connection', (socket: Socket) => {
    sockets.add(socket);
    socket.on('error', () => socket.destroy());
    socket.on('close', () => sockets.delete(socket));
  });
  server.on('secureConnection', (socket: Socket) => socket.on('error', () => socket.destroy()));
  await new Promise<void>((resolve, reject) => {
    server.once('error', reject);
    server.listen(port, '127.0.0.1', resolve);
  });
  return {
    port: (server.address() as AddressInfo).port,
    get connections() {
      return connections;
    },
    bytes: () => Buffer.concat(chunks),
    close: () =>
      new Promise((resolve) => {
        server.close(() => resolve());
        for (const socket of sockets) socket.destroy();
      }),
  };
}
