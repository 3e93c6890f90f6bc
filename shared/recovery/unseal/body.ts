/** Bodies of sys/unseal, as bytes: a share never becomes a string (rule 1). */

const before = Buffer.from('{"key":"');
const after = Buffer.from('"}');
const alphabet = Buffer.from('ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/');
const padding = 0x3d;

/** `{"key":"<base64>"}` in a buffer of its own, which is the caller's to zero. */
export function unsealBody(share: Uint8Array): Buffer {
  const length = Math.ceil(share.length / 3) * 4;
  // Not from Node's pool: that would leave the share beside other people's bytes.
  const body = Buffer.alloc(before.length + length + after.length);
  before.copy(body);
  after.copy(body, before.length + length);
  for (let from = 0, to = before.length; from < share.length; from += 3, to += 4) {
    const left = share.length - from;
    const bits = (byte(share, from) << 16) | (byte(share, from + 1) << 8) | byte(share, from + 2);
    body[to] = letter(bits >> 18);
    body[to + 1] = letter(bits >> 12);
    body[to + 2] = left > 1 ? letter(bits >> 6) : padding;
    body[to + 3] = left > 2 ? letter(bits) : padding;
  }
  return body;
}

/** Forgets the shares that a node holds of an unfinished set. */
export function resetBody(): Buffer {
  return Buffer.from('{"reset":true}');
}

function byte(bytes: Uint8Array, at: number): number {
  return bytes[at] ?? 0;
}

function letter(bits: number): number {
  return alphabet[bits & 0x3f] ?? padding;
}
