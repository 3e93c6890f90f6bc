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
   * Undefined: one is taken. A promise: it is when that resolves. Each is to be given back once.
   *
   * @param behind waits until nobody else does.
   */
  take(behind = false): Promise<void> | undefined {
    if (this.#free > 0) {
      this.#free -= 1;
      return undefined;
    }
    const queue = behind ? this.#behind : this.#waiting;
    return new Promise((resolve) => queue.push(resolve));
  }

  giveBack(): void {
    const next = this.#waiting.shift() ?? this.#behind.shift();
    if (next) next();
    else this.#free += 1;
  }
}
