/** Sends one request over a lane: the exact total limit, the caller's abort, and one retry of a stale connection. */
import type { Dispatcher } from 'undici';
import type { Clock } from '../../clock.ts';
import { Exchange, type ExchangeOwner, type Outcome } from './exchange.ts';
import { failureOf } from './failure.ts';
import type { Lane } from './lane.ts';

export interface Limits {
  /** From here to the answer's last byte, ms; what is left of a deadline may be a fraction, or below zero. */
  totalMs: number;
  maxBytes: number;
  signal?: AbortSignal | undefined;
}

/** Calls `done` once, whatever happens: a promise more for each of a thousand nodes would be a price. */
export function send(
  lane: Lane,
  request: Dispatcher.DispatchOptions,
  limits: Limits,
  clock: Pick<Clock, 'after'>,
  done: (outcome: Outcome) => void,
): void {
  if (limits.signal?.aborted) done({ failure: stopped });
  else new Sending(lane, request, limits, done).begin(clock);
}

/** A class and not closures, for the same reason. */
class Sending implements ExchangeOwner {
  readonly #lane: Lane;
  readonly #request: Dispatcher.DispatchOptions;
  readonly #limits: Limits;
  readonly #done: (outcome: Outcome) => void;
  #exchange: Exchange;
  #mayRetry: boolean;
  #cancelTimer: (() => void) | undefined;
  #abort: (() => void) | undefined;

  constructor(
    lane: Lane,
    request: Dispatcher.DispatchOptions,
    limits: Limits,
    done: (outcome: Outcome) => void,
  ) {
    this.#lane = lane;
    this.#request = request;
    this.#limits = limits;
    this.#done = done;
    this.#mayRetry = request.method === 'GET';
    this.#exchange = new Exchange(lane, limits.maxBytes, this);
  }

  begin(clock: Pick<Clock, 'after'>): void {
    const { totalMs, signal } = this.#limits;
    const ms = Math.min(Math.max(0, Math.ceil(totalMs)), 2 ** 31 - 1);
    this.#cancelTimer = clock.after(ms, () => this.#exchange.stop(outOfTime(this.#lane, this.#exchange)));
    if (signal) {
      this.#abort = () => this.#exchange.stop(stopped);
      signal.addEventListener('abort', this.#abort);
    }
    this.#dispatch();
  }

  settled(outcome: Outcome): void {
    // A restarted server looks like this on a kept connection. Outside undici's callback: it is closing there.
    if (this.#mayRetry && this.#exchange.stale && 'failure' in outcome && outcome.failure.code === 'reset') {
      this.#mayRetry = false;
      queueMicrotask(() => {
        this.#exchange = new Exchange(this.#lane, this.#limits.maxBytes, this);
        this.#dispatch();
      });
      return;
    }
    this.#finish(outcome);
  }

  #dispatch(): void {
    try {
      this.#lane.dispatcher.dispatch(this.#request, this.#exchange);
    } catch (error) {
      this.#finish({ failure: failureOf(error) });
    }
  }

  #finish(outcome: Outcome): void {
    this.#cancelTimer?.();
    if (this.#abort) this.#limits.signal?.removeEventListener('abort', this.#abort);
    this.#done(outcome);
  }
}

const stopped = { code: 'aborted', detail: 'stopped by Sealwatch before an answer came' } as const;

function outOfTime(lane: Lane, exchange: Exchange) {
  if (!exchange.started && !lane.connection && !lane.replaced) return failureOf(connectTimeout);
  return { code: 'timeout', detail: 'connected, but no whole answer in time' } as const;
}

const connectTimeout = Object.assign(new Error('no connection'), { code: 'UND_ERR_CONNECT_TIMEOUT' });
