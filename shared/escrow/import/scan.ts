/**
 * Finds the values of a JSON object's own keys in bytes, without making strings of them: a string of JavaScript cannot
 * be zeroed, and these hold shares (rule 1).
 */

/** What is between the quotes of a string, escapes still in it. */
export interface Range {
  start: number;
  /** Exclusive. */
  end: number;
}

export type Scanned =
  | { kind: 'string'; range: Range }
  | { kind: 'strings'; ranges: Range[] }
  | { kind: 'number'; value: number }
  | { kind: 'other' };

const deepest = 32;
const longestKey = 64;
/** A sign, "0.", five zeros and 17 digits: more digits no double has. */
const longestNumber = 25;
const [quote, backslash, comma, colon] = [0x22, 0x5c, 0x2c, 0x3a];
const [openBrace, closeBrace, openBracket, closeBracket] = [0x7b, 0x7d, 0x5b, 0x5d];

/** Undefined: not one JSON object, or one with the same key twice. */
export function scanObject(bytes: Buffer): Map<string, Scanned> | undefined {
  try {
    return new Scanner(bytes).object();
  } catch (error) {
    if (error instanceof NotJson) return undefined;
    throw error;
  }
}

class NotJson extends Error {
  override name = 'NotJson';
}

class Scanner {
  #at: number;
  readonly #bytes: Buffer;

  constructor(bytes: Buffer) {
    this.#bytes = bytes;
    this.#at = bytes.subarray(0, 3).equals(Buffer.from([0xef, 0xbb, 0xbf])) ? 3 : 0;
  }

  object(): Map<string, Scanned> {
    const found = new Map<string, Scanned>();
    this.#space();
    this.#members(0, (key) => {
      const name =
        key.end - key.start <= longestKey ? this.#bytes.toString('latin1', key.start, key.end) : '';
      if (found.has(name)) throw new NotJson();
      found.set(name, this.#value(1));
    });
    this.#space();
    if (this.#at !== this.#bytes.length) throw new NotJson();
    return found;
  }

  #value(depth: number): Scanned {
    const next = this.#bytes[this.#at];
    if (next === quote) return { kind: 'string', range: this.#string() };
    if (next === openBracket) return this.#list(depth);
    if (next === openBrace) {
      this.#members(depth, () => this.#value(depth + 1));
      return { kind: 'other' };
    }
    return this.#word();
  }

  #members(depth: number, member: (key: Range) => void): void {
    this.#between(openBrace, closeBrace, depth, () => {
      if (this.#bytes[this.#at] !== quote) throw new NotJson();
      const key = this.#string();
      this.#space();
      this.#take(colon);
      this.#space();
      member(key);
    });
  }

  #list(depth: number): Scanned {
    const items: Scanned[] = [];
    this.#between(openBracket, closeBracket, depth, () => items.push(this.#value(depth + 1)));
    const ranges = items.flatMap((item) => (item.kind === 'string' ? [item.range] : []));
    return ranges.length === items.length ? { kind: 'strings', ranges } : { kind: 'other' };
  }

  #between(open: number, close: number, depth: number, item: () => void): void {
    if (depth > deepest) throw new NotJson();
    this.#take(open);
    this.#space();
    if (this.#bytes[this.#at] !== close) {
      for (;;) {
        item();
        this.#space();
        if (this.#bytes[this.#at] !== comma) break;
        this.#at += 1;
        this.#space();
      }
    }
    this.#take(close);
  }

  #string(): Range {
    this.#take(quote);
    const start = this.#at;
    for (;;) {
      const byte = this.#bytes[this.#at];
      if (byte === undefined || byte < 0x20) throw new NotJson();
      if (byte === quote) break;
      this.#at += byte === backslash ? 2 : 1;
    }
    const end = this.#at;
    this.#at += 1;
    return { start, end };
  }

  /** A number, true, false or null. */
  #word(): Scanned {
    const start = this.#at;
    while (/[-+.\w]/.test(String.fromCharCode(this.#bytes[this.#at] ?? 0))) this.#at += 1;
    // At most a number's length: a value without quotes could be anything.
    const word = this.#at - start <= longestNumber ? this.#bytes.toString('latin1', start, this.#at) : '';
    if (/^-?\d+(\.\d+)?([eE][-+]?\d+)?$/.test(word)) return { kind: 'number', value: Number(word) };
    if (/^(true|false|null)$/.test(word)) return { kind: 'other' };
    throw new NotJson();
  }

  #take(byte: number): void {
    if (this.#bytes[this.#at] !== byte) throw new NotJson();
    this.#at += 1;
  }

  #space(): void {
    while ([0x20, 0x09, 0x0a, 0x0d].includes(this.#bytes[this.#at] ?? 0)) this.#at += 1;
  }
}
