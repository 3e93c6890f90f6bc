/**
 * Bounds how many nodes are asked at the same time. A slot can be given back early: a silent node keeps its
 * request but not its slot. Nodes that were silent last time wait behind all others, so that hung endpoints cost
 * healthy ones nothing.
 */
export class Slots {
  #free: number;
  readonly #waiting: (() => void)[] = [];
  readonly #behind: (() => void)[] = [];

  constructor(count: number) {
    this.#free = count;
  }

  /**
   * A function that gives the slot back (calling it again does nothing), at once or when one is free.
   *
   * @param behind waits until nobody else does.
   */
  take(behind = false): (() => void) | Promise<() => void> {
    if (this.#free > 0) {
      this.#free -= 1;
      return this.#release();
    }
    const queue = behind ? this.#behind : this.#waiting;
    return new Promise<void>((resolve) => queue.push(resolve)).then(() => this.#release());
  }

  #release(): () => void {
    let held = true;
    return () => {
      if (!held) return;
      held = false;
      const next = this.#waiting.shift() ?? this.#behind.shift();
      if (next) next();
      else this.#free += 1;
    };
  }
}
