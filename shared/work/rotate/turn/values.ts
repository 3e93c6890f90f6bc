/** The secrets that one turn holds: Buffers of ours, zeroed when it ends (rule 1). */
export class Values {
  #fresh: Buffer | undefined;
  readonly #all: Buffer[] = [];

  /** What was made in this turn, or read from a slot. */
  get fresh(): Buffer | undefined {
    return this.#fresh;
  }

  keepFresh(value: Buffer): Buffer {
    this.#fresh = this.keep(value);
    return value;
  }

  /** Zeroed with the rest. */
  keep(value: Buffer): Buffer {
    this.#all.push(value);
    return value;
  }

  /** A new one is to be made: this one must not be taken for it. */
  forgetFresh(): void {
    this.#fresh = undefined;
  }

  zero(): void {
    for (const value of this.#all) value.fill(0);
    this.#all.length = 0;
    this.#fresh = undefined;
  }
}
