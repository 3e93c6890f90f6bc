/** When one call of a kind ends, whatever servers do: before the lease of its turn does (rule 10). */
import type { Clock } from '../../clock.ts';

/** For one call of a kind, with all its requests and waits, ms. */
export const callMs = 80_000;

export interface Deadline {
  /** ms, 0 at least. */
  left: () => number;
  /** What `asked` gives until then, or else `late`. It goes on unheard: only for what then changes nothing any more. */
  orLate: <T>(asked: Promise<T>, late: T) => Promise<T>;
}

export type DeadlineClock = Pick<Clock, 'elapsed' | 'after'>;

export function deadlineBy(clock: DeadlineClock): Deadline {
  const endsAt = clock.elapsed() + callMs;
  const left = () => Math.max(0, endsAt - clock.elapsed());
  return {
    left,
    orLate: (asked, late) =>
      new Promise((resolve, reject) => {
        const cancel = clock.after(left(), () => resolve(late));
        asked.then(resolve, reject).finally(cancel);
      }),
  };
}

/** Requests that are limited one by one, and together by nothing. */
export const noDeadline: Deadline = { left: () => Number.POSITIVE_INFINITY, orLate: (asked) => asked };
