/** Hex and base64 from bytes to bytes, without a string in between. Results are the caller's to zero. */

/** As Vault's sys/unseal reads keys: hex first, else base64. Undefined: neither. */
export function decodeKey(text: Buffer): Buffer | undefined {
  return decodeHex(text) ?? decodeBase64(text);
}

export function decodeHex(text: Buffer): Buffer | undefined {
  if (text.length === 0 || text.length % 2 === 1) return undefined;
  return decoded(text, hexValue, 4);
}

/** Of the standard alphabet, its padding optional. */
export function decodeBase64(text: Buffer): Buffer | undefined {
  let length = text.length;
  while (length > 0 && text.length - length < 2 && text[length - 1] === 0x3d) length -= 1;
  if (length === 0 || length % 4 === 1) return undefined;
  return decoded(text.subarray(0, length), base64Value, 6);
}

/** A JSON string's content with its escapes resolved: some writers escape the slashes of base64. */
export function unescaped(text: Buffer): Buffer | undefined {
  const out = Buffer.alloc(text.length);
  let length = 0;
  for (let at = 0; at < text.length; at += 1) {
    let byte = text[at] as number;
    if (byte === 0x5c) {
      at += 1;
      const escape = text[at];
      if (escape === 0x2f) byte = 0x2f;
      else if (escape === 0x6e) byte = 0x0a;
      else if (escape === 0x75 && text[at + 1] === 0x30 && text[at + 2] === 0x30) {
        byte = (hexValue(text[at + 3] ?? 0) << 4) | hexValue(text[at + 4] ?? 0);
        at += 4;
        if (byte < 0) return emptied(out);
      } else return emptied(out);
    }
    out[length] = byte;
    length += 1;
  }
  return out.subarray(0, length);
}

function decoded(text: Buffer, value: (byte: number) => number, bits: number): Buffer | undefined {
  const out = Buffer.alloc(Math.floor((text.length * bits) / 8));
  let [gathered, held, length] = [0, 0, 0];
  for (const byte of text) {
    const next = value(byte);
    if (next < 0) return emptied(out);
    gathered = ((gathered << bits) | next) & 0xffff;
    held += bits;
    if (held >= 8) {
      held -= 8;
      out[length] = (gathered >> held) & 0xff;
      length += 1;
    }
  }
  // Bits that are left over belong to no byte: in a whole value they are zero.
  if ((gathered & ((1 << held) - 1)) !== 0) return emptied(out);
  return out;
}

function emptied(bytes: Buffer): undefined {
  bytes.fill(0);
}

function hexValue(byte: number): number {
  if (byte >= 0x30 && byte <= 0x39) return byte - 0x30;
  if (byte >= 0x61 && byte <= 0x66) return byte - 0x57;
  return byte >= 0x41 && byte <= 0x46 ? byte - 0x37 : -1;
}

function base64Value(byte: number): number {
  if (byte >= 0x41 && byte <= 0x5a) return byte - 0x41;
  if (byte >= 0x61 && byte <= 0x7a) return byte - 0x47;
  if (byte >= 0x30 && byte <= 0x39) return byte + 4;
  if (byte === 0x2b) return 62;
  return byte === 0x2f ? 63 : -1;
}
