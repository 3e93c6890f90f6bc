import type { Clock } from '../../../shared/clock.ts';

/** What is due comes due while somebody waits. */
export class TickingClock implements Clock {
  each: () => void = () => undefined;
  readonly #inner: Clock;
  readonly #due = new Map<() => void, number>();

  constructor(inner: Clock) {
    this.#inner = inner;
  }

  now(): number {
    return this.#inner.now();
  }

  elapsed(): number {
    return this.#inner.elapsed();
  }

  async sleep(ms: number, signal?: AbortSignal): Promise<void> {
    const until = this.now() + ms;
    do {
      this.each();
      await this.#inner.sleep(Math.min(5_000, until - this.now()), signal);
      for (const [callback, at] of this.#due) {
        if (at > this.now()) continue;
        this.#due.delete(callback);
        callback();
      }
      for (let turns = 0; turns < 5; turns += 1) await new Promise((resolve) => setImmediate(resolve));
    } while (this.now() < until);
  }

  after(ms: number, callback: () => void): () => void {
    this.#due.set(callback, this.now() + ms);
    return () => void this.#due.delete(callback);
  }
}
