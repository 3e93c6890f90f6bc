/** A SIMULATED store of values: slots, and ways to fail. */
import type { Did, Slot, StoreSink } from '../../../../shared/rotation/rotation.ts';
import type { Meets } from './provider.ts';

export class SimulatedSink implements StoreSink {
  readonly name: string;
  readonly holds = 'value';
  readonly slots = new Map<Slot, string>();
  /** Every call fails. */
  away = false;
  /** The next write goes through, and its answer is lost. */
  loseWrite = false;
  /** The next write is told to have failed, and lands this much later, ms. */
  lateMs = 0;
  /** What it held live before, and until when, ms; oldest first. */
  readonly #before: { until: number; value: string | undefined }[] = [];
  readonly #late: { at: number; slot: Slot; value: string }[] = [];
  readonly #changed: () => void;
  readonly #now: () => number;
  readonly #meets: Meets;

  constructor(name: string, now: () => number, changed: () => void, meets: Meets = (_call, run) => run()) {
    this.name = name;
    this.#now = now;
    this.#changed = changed;
    this.#meets = meets;
  }

  /** What was late by now has landed. */
  land(): void {
    for (const write of this.#late.splice(0)) {
      if (write.at > this.#now()) this.#late.push(write);
      else this.#hold(write.slot, write.value);
    }
  }

  #hold(slot: Slot, value: string): void {
    if (slot === 'live') this.#before.push({ until: this.#now(), value: this.slots.get('live') });
    this.slots.set(slot, value);
  }

  /** What copies of it hold that are at most so late, newest last, ms. */
  copies(lateMs: number): (string | undefined)[] {
    const since = this.#now() - lateMs;
    return [
      ...this.#before.filter(({ until }) => until > since).map(({ value }) => value),
      this.slots.get('live'),
    ];
  }

  async read(slot: Slot): Promise<Did<Buffer | undefined>> {
    this.land();
    if (this.away) return away;
    const value = this.slots.get(slot);
    return { ok: true, value: value === undefined ? undefined : Buffer.from(value) };
  }

  write(slot: Slot, value: Buffer): Promise<Did<string>> {
    return slot === 'live' ? this.#meets('write', () => this.#write(slot, value)) : this.#write(slot, value);
  }

  async #write(slot: Slot, value: Buffer): Promise<Did<string>> {
    this.land();
    if (this.away) return away;
    if (this.lateMs > 0) {
      this.#late.push({ at: this.#now() + this.lateMs, slot, value: value.toString() });
      this.lateMs = 0;
      return away;
    }
    this.#hold(slot, value.toString());
    this.#changed();
    if (this.loseWrite) {
      this.loseWrite = false;
      return away;
    }
    return { ok: true, value: `${this.name}/${slot}` };
  }

  async clear(slot: 'next' | 'previous'): Promise<Did<void>> {
    if (this.away) return away;
    this.slots.delete(slot);
    return { ok: true, value: undefined };
  }
}

const away: Did<never> = { ok: false, code: 'unreachable', detail: 'the simulated sink is away' };
