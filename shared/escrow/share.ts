/**
 * One share of an unseal (or recovery) key, in a buffer of our own that can be zeroed. What a debugger, a log line or
 * JSON would show of it is a word, never the share (rule 1).
 */
import { inspect } from 'node:util';

const redacted = '[share]';

export class Share {
  /** 1 to count: which share of its generation. Public; the bytes are not. */
  readonly index: number;
  #bytes: Buffer | undefined;

  /** @param bytes becomes this share's own: it is zeroed by `destroy`, and its giver must not keep it. */
  constructor(index: number, bytes: Buffer) {
    this.index = index;
    this.#bytes = bytes;
  }

  /** Length in bytes; 0 once destroyed. */
  get length(): number {
    return this.#bytes?.length ?? 0;
  }

  /**
   * The bytes themselves, for as long as `use` runs; what it copies is its own to zero.
   *
   * @throws Error once the share was destroyed.
   */
  use<T>(use: (bytes: Buffer) => T): T {
    if (!this.#bytes) throw new Error(`share ${this.index} was destroyed`);
    return use(this.#bytes);
  }

  /** Zeroes the bytes. Calling it again does nothing. */
  destroy(): void {
    this.#bytes?.fill(0);
    this.#bytes = undefined;
  }

  toString(): string {
    return redacted;
  }

  toJSON(): string {
    return redacted;
  }

  [inspect.custom](): string {
    return redacted;
  }
}
