import type { Clock } from '../clock.ts';

export class OutOfTime extends Error {
  override name = 'OutOfTime';
}

/**
 * What is asked for, or a rejection with OutOfTime after `ms`: also when whoever is asked ignores the signal, which
 * aborts then. What comes later goes nowhere.
 */
export function within<T>(
  ms: number,
  clock: Pick<Clock, 'after'>,
  ask: (signal: AbortSignal) => Promise<T>,
): Promise<T> {
  return new Promise((resolve, reject) => {
    const stop = new AbortController();
    const cancel = clock.after(ms, () => {
      const late = new OutOfTime(`not done within ${ms / 1000} s`);
      reject(late);
      stop.abort(late);
    });
    void ask(stop.signal).then(resolve, reject).finally(cancel);
  });
}
