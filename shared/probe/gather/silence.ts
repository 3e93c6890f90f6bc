/**
 * Calls back for requests that have been silent for a time. One timer serves a whole sweep: a timer and an
 * abort signal for each of thousands of nodes would cost more than the requests do.
 */
import type { Clock } from '../../clock.ts';

interface Waiting {
  dueAt: number;
  callback: () => void;
}

export class Silence {
  readonly #waiting = new Set<Waiting>();
  readonly #clock: Clock;
  readonly #stepMs: number;
  readonly #onError: (error: unknown) => void;
  #running = false;

  /**
   * @param stepMs how late a callback may be.
   * @param onError hears what a callback threw: nobody waits for it, and the other callbacks must not go with it.
   */
  constructor(clock: Clock, stepMs: number, onError: (error: unknown) => void) {
    this.#clock = clock;
    this.#stepMs = stepMs;
    this.#onError = onError;
  }

  /** Calls `callback` once after `ms`, unless the returned function is called first. */
  after(ms: number, callback: () => void): () => void {
    const entry = { dueAt: this.#clock.elapsed() + ms, callback };
    this.#waiting.add(entry);
    if (!this.#running) void this.#watch();
    return () => this.#waiting.delete(entry);
  }

  async #watch(): Promise<void> {
    this.#running = true;
    while (this.#waiting.size > 0) {
      await this.#clock.sleep(this.#stepMs);
      const now = this.#clock.elapsed();
      for (const entry of this.#waiting) {
        if (entry.dueAt > now) continue;
        this.#waiting.delete(entry);
        try {
          entry.callback();
        } catch (error) {
          this.#onError(error);
        }
      }
    }
    this.#running = false;
  }
}
