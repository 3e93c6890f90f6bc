/** Opens connections: trust, name and pins on the way in, facts about the connection and the certificate out. */
import { BlockList, isIPv4, type Socket } from 'node:net';
import { TLSSocket } from 'node:tls';
import { buildConnector } from 'undici';
import { guardedLookup, isRefusedLiteral, RefusedAddress } from '../../refused-address.ts';
import type { ConnectionFacts } from '../answer.ts';
import { certificateFacts, identityCheck } from './certificate.ts';
import type { Lane, LaneSettings } from './lane.ts';
import { secureContext } from './secure-context.ts';

/** An open connection, and how many requests went over it. */
export interface Connection {
  facts: ConnectionFacts;
  requests: number;
  /** What ended it: undici reports any end as "other side closed", also a TLS alert that says why. */
  error?: Error;
}

/** What connections leave on their lane. */
type Line = Pick<Lane, 'connection' | 'session' | 'handshake'>;

/** What we found wrong ourselves; the codes are in ./failure.ts. */
class Refusal extends Error {
  readonly code: 'PLAIN_HTTP_REMOTE' | 'TLS_SETTINGS';
  constructor(code: Refusal['code']) {
    super(code);
    this.code = code;
  }
}

export function connector(settings: LaneSettings, line: Line): buildConnector.connector {
  let connect: buildConnector.connector | undefined;
  return (options, callback) => {
    if (isRefusedLiteral(options.hostname, settings)) {
      callback(new RefusedAddress(), null);
      return;
    }
    try {
      connect ??= buildConnector(connectOptions(settings, options.protocol === 'https:'));
    } catch {
      // Nothing of the cause: it can quote the PEM.
      callback(new Refusal('TLS_SETTINGS'), null);
      return;
    }
    connect(options, (error, socket) => {
      if (error) {
        callback(error, null);
      } else if (settings.secret && !(socket instanceof TLSSocket) && !isLoopback(socket.remoteAddress)) {
        socket.destroy();
        callback(new Refusal('PLAIN_HTTP_REMOTE'), null);
      } else {
        track(socket, settings, line);
        callback(null, socket);
      }
    });
  };
}

function connectOptions(settings: LaneSettings, encrypted: boolean): buildConnector.BuildOptions {
  const { tls, timeouts, resume } = settings;
  return {
    ...(encrypted ? { secureContext: secureContext(tls) } : {}),
    ...(tls.serverName !== undefined && encrypted ? { servername: tls.serverName } : {}),
    // Said here, so that NODE_TLS_REJECT_UNAUTHORIZED cannot take it away.
    rejectUnauthorized: true,
    checkServerIdentity: identityCheck(tls.pins),
    maxCachedSessions: resume ? 1 : 0,
    timeout: timeouts.connectMs,
    lookup: guardedLookup(settings),
    allowH2: false,
  };
}

function track(socket: Socket, settings: LaneSettings, line: Line): void {
  const resumed = socket instanceof TLSSocket && socket.isSessionReused();
  const opened = settings.opened(resumed);
  const facts = resumed && line.handshake ? { ...opened, handshake: line.handshake } : opened;
  const connection: Connection = { facts, requests: 0 };
  line.connection = connection;
  socket.once('error', (error) => {
    connection.error = error;
  });
  socket.once('close', () => {
    if (line.connection === connection) line.connection = undefined;
  });
  if (!(socket instanceof TLSSocket)) return;
  const certificate = resumed ? undefined : socket.getPeerX509Certificate();
  if (certificate) settings.certificateSeen(certificateFacts(certificate, connection.facts.openedAt));
  if (settings.resume) {
    socket.on('session', (session: Buffer) => {
      line.session = session;
      line.handshake = facts.handshake ?? { id: facts.id, openedAt: facts.openedAt };
    });
  }
}

const loopback = new BlockList();
loopback.addSubnet('127.0.0.0', 8, 'ipv4');
loopback.addAddress('::1', 'ipv6');

function isLoopback(address: string | undefined): boolean {
  return address !== undefined && loopback.check(address, isIPv4(address) ? 'ipv4' : 'ipv6');
}
