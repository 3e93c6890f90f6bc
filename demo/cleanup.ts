/** What the demo opened, in order: closed from the last to the first, exactly once, however the demo ends. */

/** The demo is ending: nothing new may be opened. */
export class Stopped extends Error {
  override name = 'Stopped';
}

interface Opened {
  what: string;
  close: () => Promise<void>;
}

export class Cleanup {
  readonly #opened: Opened[] = [];
  readonly #patienceMs: number;
  #ending: Promise<string[]> | undefined;

  /** @param patienceMs how long one thing may take to close before the next one's turn. */
  constructor(patienceMs = 15_000) {
    this.#patienceMs = patienceMs;
  }

  /**
   * Opens something that has to be closed. It is known from the moment its opening begins, so that an end in the
   * middle of it waits until it is open, and closes it.
   *
   * @throws Stopped when the end has begun; whatever `open` throws, and then there is nothing to close.
   */
  async open<T>(
    what: string,
    open: () => Promise<T>,
    close: (opened: T) => Promise<void> | void,
  ): Promise<T> {
    if (this.#ending) throw new Stopped(`${what} is not opened any more`);
    const opening = open();
    const entry: Opened = {
      what,
      close: async () => {
        // Its failure to open is its opener's news.
        const opened = await opening.then(
          (value) => ({ value }),
          () => undefined,
        );
        if (opened) await close(opened.value);
      },
    };
    this.#opened.push(entry);
    return opening;
  }

  /** Closes everything; a second call waits for the first. Returns what could not be closed, in words. */
  run(): Promise<string[]> {
    this.#ending ??= this.#closeAll();
    return this.#ending;
  }

  async #closeAll(): Promise<string[]> {
    const problems: string[] = [];
    for (let entry = this.#opened.pop(); entry; entry = this.#opened.pop()) {
      const late = Promise.withResolvers<string>();
      const timer = setTimeout(
        () => late.resolve(`not closed within ${this.#patienceMs / 1000} s`),
        this.#patienceMs,
      );
      const problem = await Promise.race([
        entry.close().then(
          () => undefined,
          (error: unknown) => String(error),
        ),
        late.promise,
      ]);
      clearTimeout(timer);
      if (problem !== undefined) problems.push(`${entry.what}: ${problem}`);
    }
    return problems;
  }
}
