/** Sends one request over a lane: the exact total limit, the caller's abort, and one retry of a stale connection. */
import type { Dispatcher } from 'undici';
import type { Clock } from '../../clock.ts';
import { Exchange, type Outcome } from './exchange.ts';
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
  const { totalMs, maxBytes, signal } = limits;
  if (signal?.aborted) {
    done({ failure: stopped });
    return;
  }
  let exchange: Exchange;
  const abort = () => exchange.stop(stopped);
  const expire = () => exchange.stop(outOfTime(lane, exchange));
  const cancel = clock.after(Math.min(Math.max(0, Math.ceil(totalMs)), 2 ** 31 - 1), expire);
  signal?.addEventListener('abort', abort);

  const finish = (outcome: Outcome) => {
    cancel();
    signal?.removeEventListener('abort', abort);
    done(outcome);
  };
  const attempt = (retry: boolean) => {
    exchange = new Exchange(lane, maxBytes, (outcome) => {
      // A restarted server looks like this on a kept connection. Outside undici's callback: it is closing there.
      if (retry && exchange.stale && 'failure' in outcome && outcome.failure.code === 'reset') {
        queueMicrotask(() => attempt(false));
      } else {
        finish(outcome);
      }
    });
    try {
      lane.dispatcher.dispatch(request, exchange);
    } catch (error) {
      finish({ failure: failureOf(error) });
    }
  };
  attempt(request.method === 'GET');
}

const stopped = { code: 'aborted', detail: 'stopped by Sealwatch before an answer came' } as const;

function outOfTime(lane: Lane, exchange: Exchange) {
  if (!exchange.started && !lane.connection && !lane.replaced) return failureOf(connectTimeout);
  return { code: 'timeout', detail: 'connected, but no whole answer in time' } as const;
}

const connectTimeout = Object.assign(new Error('no connection'), { code: 'UND_ERR_CONNECT_TIMEOUT' });
