/**
 * One way to a node: at most one connection at a time, so that "the connection an answer came over" is always
 * known. For that reason undici's Client, of which a Pool is many with a queue in front.
 */
import { Client, type Dispatcher } from 'undici';
import type { AddressRule } from '../../refused-address.ts';
import type { CertificateFacts, ConnectionFacts } from '../answer.ts';
import { type Connection, connector } from './connector.ts';
import type { Timeouts, TlsSettings } from './settings.ts';

export interface LaneSettings extends AddressRule {
  /** Origin. */
  address: string;
  tls: TlsSettings;
  timeouts: Timeouts;
  /** How long an idle connection is kept, ms. */
  keepAliveMs: number;
  /** Resumed sessions show no certificate and skip the name check: never with secrets, never with pins. */
  resume: boolean;
  /** Secrets go over it: plain HTTP is for loopback only, by the peer's address, whatever its name is. */
  secret: boolean;
  /** Facts of a new connection; its id is the client's count. */
  opened(resumed: boolean): ConnectionFacts;
  certificateSeen(certificate: CertificateFacts): void;
}

export interface Lane {
  readonly dispatcher: Dispatcher;
  /** The open one; always undefined where a test put a dispatcher in place of the network. */
  connection?: Connection | undefined;
  /** TLS session of the last ticket. undici's own cache is weak: without this hold resumption ends at a collection. */
  session?: Buffer;
  /** The connection whose full handshake that session began with. */
  handshake?: NonNullable<ConnectionFacts['handshake']>;
  /** Not ours to close, and without connections that we know of. */
  replaced: boolean;
  /** Ends its connection, and with it what is under way. The next request opens one, on the same TLS session. */
  disconnect(): Promise<void>;
}

export function openLane(settings: LaneSettings): Lane {
  return new NetworkLane(settings);
}

class NetworkLane implements Lane {
  connection?: Connection | undefined;
  session?: Buffer;
  handshake?: NonNullable<ConnectionFacts['handshake']>;
  readonly replaced = false;
  readonly #settings: LaneSettings;
  /** Made once: it remembers the TLS session and holds the parsed trust. */
  readonly #connect: ReturnType<typeof connector>;
  #client: Client | undefined;

  constructor(settings: LaneSettings) {
    this.#settings = settings;
    this.#connect = connector(settings, this);
  }

  get dispatcher(): Dispatcher {
    const { address, timeouts, keepAliveMs } = this.#settings;
    this.#client ??= new Client(address, {
      connect: this.#connect,
      headersTimeout: Math.ceil(timeouts.headersMs),
      bodyTimeout: Math.ceil(timeouts.totalMs),
      keepAliveTimeout: keepAliveMs,
      keepAliveMaxTimeout: keepAliveMs,
      allowH2: false,
    });
    return this.#client;
  }

  /** undici's client goes, too: it is most of what a lane without a connection would hold. */
  async disconnect(): Promise<void> {
    const client = this.#client;
    this.#client = undefined;
    this.connection = undefined;
    await client?.destroy();
  }
}
