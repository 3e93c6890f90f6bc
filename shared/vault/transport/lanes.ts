/** The ways to one node: a kept one for the probe, a kept one for secrets, and one for each fresh request. */
import type { Dispatcher } from 'undici';
import type { Clock } from '../../clock.ts';
import type { AddressRule } from '../../refused-address.ts';
import type { CertificateFacts } from '../answer.ts';
import { type Lane, openLane } from './lane.ts';
import type { Timeouts, TlsSettings } from './settings.ts';

export interface LanesSettings extends AddressRule {
  /** Origin. */
  address: string;
  tls: TlsSettings;
  timeouts: Timeouts;
  keepAliveMs: number;
  clock: Clock;
  dispatcher?: (purpose: 'probe' | 'token' | 'fresh') => Dispatcher;
}

export class Lanes {
  readonly #settings: LanesSettings;
  readonly #open = new Set<Lane>();
  #probe: Lane | undefined;
  #secret: Lane | undefined;
  #connections = 0;
  closed = false;
  /** From the last full handshake on any of them. */
  certificate: CertificateFacts | undefined;

  constructor(settings: LanesSettings) {
    this.#settings = settings;
  }

  /** The kept way; opened when it is first used. */
  kept(secret: boolean): Lane {
    if (secret) {
      this.#secret ??= this.#make('token', true);
      return this.#secret;
    }
    this.#probe ??= this.#make('probe', false);
    return this.#probe;
  }

  /** A way for one request: full handshake. Give it back to `discard`. */
  fresh(secret: boolean): Lane {
    return this.#make('fresh', secret);
  }

  async discard(lane: Lane): Promise<void> {
    this.#open.delete(lane);
    await lane.disconnect();
  }

  /** Ends the connections of the kept ways; they serve on. What is under way on them ends as `aborted`. */
  async disconnect(): Promise<void> {
    await Promise.all([this.#probe?.disconnect(), this.#secret?.disconnect()]);
  }

  /** What is under way ends as `aborted`. */
  async close(): Promise<void> {
    this.closed = true;
    await Promise.all([...this.#open].map((lane) => this.discard(lane)));
  }

  #make(purpose: 'probe' | 'token' | 'fresh', secret: boolean): Lane {
    const { clock, dispatcher, ...settings } = this.#settings;
    const lane = dispatcher
      ? { dispatcher: dispatcher(purpose), replaced: true, disconnect: async () => undefined }
      : openLane({
          ...settings,
          resume: purpose === 'probe' && settings.tls.pins.length === 0,
          secret,
          opened: (resumed) => {
            this.#connections += 1;
            return { id: this.#connections, openedAt: clock.now(), resumed };
          },
          certificateSeen: (certificate) => {
            this.certificate = certificate;
          },
        });
    this.#open.add(lane);
    return lane;
  }
}
