/**
 * Registered secrets, replaced in whatever text they turn up in: as they are, JSON-escaped, URL-encoded, in hex, and
 * in base64 or base64url at any alignment, so also inside an encoded header or body.
 *
 * For credentials that live as long as the process (webhook URLs, tokens, keys): a registered secret stays in
 * memory as text. Unseal shares are never registered; they must not come near a log at all.
 */

/** Shorter ones would be found in ordinary words, bytes. */
const shortest = 6;
const replacement = '[redacted]';

export class Redactor {
  readonly #secrets = new Map<string, number>();
  #pattern: RegExp | undefined;

  /**
   * @returns what forgets the secret again, once it is no longer one.
   * @throws RangeError when it is shorter than 6 bytes: it could not be told from ordinary text.
   */
  add(secret: string | Uint8Array): () => void {
    const bytes = Buffer.from(secret);
    if (bytes.byteLength < shortest) {
      throw new RangeError(
        `a secret of less than ${shortest} bytes cannot be kept out of the log: use a longer one`,
      );
    }
    const key = bytes.toString('hex');
    this.#secrets.set(key, (this.#secrets.get(key) ?? 0) + 1);
    this.#pattern = undefined;
    let kept = true;
    return () => {
      if (!kept) return;
      kept = false;
      const left = (this.#secrets.get(key) ?? 1) - 1;
      if (left > 0) this.#secrets.set(key, left);
      else this.#secrets.delete(key);
      this.#pattern = undefined;
    };
  }

  redact(text: string): string {
    if (this.#secrets.size === 0) return text;
    this.#pattern ??= patternOf([...this.#secrets.keys()].flatMap((hex) => formsOf(Buffer.from(hex, 'hex'))));
    return text.replace(this.#pattern, replacement);
  }
}

/** The longest first: a form that holds another one must go as a whole. */
function patternOf(forms: string[]): RegExp {
  const sorted = [...new Set(forms)].sort((a, b) => b.length - a.length);
  return new RegExp(sorted.map((form) => form.replace(/[.*+?^${}()|[\]\\/-]/g, '\\$&')).join('|'), 'g');
}

function formsOf(secret: Buffer): string[] {
  const plain = secret.toString('utf8');
  const encoded = encodeURIComponent(plain.toWellFormed());
  const hex = secret.toString('hex');
  const urls = [encoded, encoded.replaceAll('%20', '+'), encodeURI(plain.toWellFormed())];
  const base64 = [...base64Forms(secret)];
  return [
    plain,
    JSON.stringify(plain).slice(1, -1),
    ...urls,
    ...urls.map((url) => url.replace(/%[0-9A-F]{2}/g, (octet) => octet.toLowerCase())),
    ...base64,
    // `=`, `+` and `/` are escaped where base64 is put into a URL.
    ...base64.map((form) => encodeURIComponent(form)),
    hex,
    hex.toUpperCase(),
  ];
}

/**
 * What base64 makes of the secret when 0, 1 or 2 bytes stand before it in its group of three: the characters that
 * the secret alone determines. Whole, with its padding, first.
 */
function* base64Forms(secret: Buffer): Generator<string> {
  for (const encoding of ['base64', 'base64url'] as const) {
    yield secret.toString(encoding);
    for (const before of [0, 1, 2]) {
      const text = Buffer.concat([Buffer.alloc(before), secret]).toString(encoding);
      const first = Math.ceil((before * 8) / 6);
      const last = Math.floor(((before + secret.byteLength) * 8) / 6);
      yield text.slice(first, last);
    }
  }
}
