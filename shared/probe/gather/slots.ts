/**
 * Bounds how many nodes are asked at the same time. A slot can be given back early: a silent node keeps its
 * request but not its slot, so that hung endpoints cost healthy ones nothing.
 */
export class Slots {
  #free: number;
  readonly #waiting: (() => void)[] = [];

  constructor(count: number) {
    this.#free = count;
  }

  /** A function that gives the slot back (calling it again does nothing), at once or when one is free. */
  take(): (() => void) | Promise<() => void> {
    if (this.#free > 0) {
      this.#free -= 1;
      return this.#release();
    }
    return new Promise<void>((resolve) => this.#waiting.push(resolve)).then(() => this.#release());
  }

  #release(): () => void {
    let held = true;
    return () => {
      if (!held) return;
      held = false;
      const next = this.#waiting.shift();
      if (next) next();
      else this.#free += 1;
    };
  }
}
