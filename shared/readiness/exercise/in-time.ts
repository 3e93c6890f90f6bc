/** A limit for one question, whoever is asked and whatever they make of a signal. */
import type { Clock } from '../../clock.ts';

/** What `call` gives within `ms`, or else `late`: the signal ends then what can be ended. */
export function inTime<T>(
  clock: Pick<Clock, 'after'>,
  ms: number,
  late: T,
  call: (signal: AbortSignal) => Promise<T>,
): Promise<T> {
  const controller = new AbortController();
  return new Promise((resolve, reject) => {
    const cancel = clock.after(ms, () => {
      resolve(late);
      controller.abort();
    });
    call(controller.signal).then(resolve, reject).finally(cancel);
  });
}
