/** What all probes of one sweep share: its limits, its deadline, its budget for extra requests. */
import type { Clock } from '../../clock.ts';
import type { ProbeSettings } from '../../fleet/fleet.ts';
import type { Answer, CertificateFacts, ConnectionFacts } from '../../vault/answer.ts';
import { handshakeOf, leadsTo } from '../connection.ts';
import type { NodeObservation } from '../observation.ts';
import { Silence } from './silence.ts';
import { Slots } from './slots.ts';

/**
 * Start times of healthy nodes read in one sweep. They change only with a connection, so a fleet's are learnt
 * over some sweeps and then kept; ten a sweep never show in its duration.
 */
const startReadsPerSweep = 10;

/** A certificate seen longer ago than this is looked at again, ms; so many a sweep at most. */
const certificateLifeMs = 3_600_000;
const certificateLooksPerSweep = 10;

/** By node name: the connection over which its start time was last asked for. Kept as long as the clients. */
export type StartsAsked = Map<string, ConnectionFacts>;

export interface SweepingOptions {
  /** Nodes that did not answer the last sweep: they are asked after all others. */
  wasSilent?: (cluster: string, node: string) => boolean;
  /** Hears what a callback of the sweep's timer threw. */
  onError?: (error: unknown) => void;
}

/** Timers may fire this much early, ms. */
const timerSlackMs = 10;

export class Sweeping {
  readonly clock: Clock;
  readonly settings: ProbeSettings;
  readonly slots: Slots;
  readonly silence: Silence;
  readonly wasSilent: NonNullable<SweepingOptions['wasSilent']>;
  /** A node that is silent for longer gives its slot to the next one. */
  readonly slotMs: number;
  readonly #endsAt: number;
  #startReads = startReadsPerSweep;
  #certificateLooks = certificateLooksPerSweep;

  constructor(clock: Clock, settings: ProbeSettings, options: SweepingOptions = {}) {
    this.clock = clock;
    this.settings = settings;
    this.slots = new Slots(settings.concurrency);
    this.wasSilent = options.wasSilent ?? (() => false);
    const onError = options.onError ?? (() => undefined);
    this.silence = new Silence(clock, Math.max(10, settings.totalTimeoutMs / 40), onError);
    this.slotMs = Math.min(1000, settings.totalTimeoutMs / 4);
    this.#endsAt = clock.elapsed() + settings.deadlineMs;
  }

  /** Until the sweep's deadline, ms. */
  remainingMs(): number {
    return this.#endsAt - this.clock.elapsed();
  }

  /** Time for one request: the configured total, or what is left of the sweep. At least 1 ms. */
  requestMs(): number {
    return Math.max(1, Math.min(this.settings.totalTimeoutMs, this.remainingMs()));
  }

  /**
   * The answer to a request that had `givenMs`. One that only the sweep's end made late says nothing about the
   * node: it counts as `aborted`, and nothing is judged from it.
   */
  unlessCutShort<T>(answer: Answer<T>, givenMs: number): Answer<T> {
    if (answer.ok || givenMs >= this.settings.totalTimeoutMs || this.remainingMs() > timerSlackMs)
      return answer;
    const { error } = answer;
    if (error.code !== 'timeout' && error.code !== 'connect-timeout') return answer;
    return { ...answer, error: { ...error, code: 'aborted' } };
  }

  /**
   * Whether a healthy node's start time is to be read now: never asked for over this connection or TLS session, so
   * its process may be another. A node whose metrics cannot be read is asked once a connection, too.
   */
  mayReadStart(node: string, health: NodeObservation['health'], asked: StartsAsked): boolean {
    if (!health.ok || this.#startReads <= 0 || this.remainingMs() <= 0) return false;
    const { connection } = health;
    const last = asked.get(node);
    if (connection && last && leadsTo(handshakeOf(last), connection)) return false;
    if (connection) asked.set(node, connection);
    this.#startReads -= 1;
    return true;
  }

  /** Whether a healthy node's certificate was seen too long ago and is to be looked at now. */
  mayRefresh({ seenAt }: CertificateFacts): boolean {
    if (this.#certificateLooks <= 0 || this.clock.now() - seenAt < certificateLifeMs) return false;
    if (this.remainingMs() <= 0) return false;
    this.#certificateLooks -= 1;
    return true;
  }
}
