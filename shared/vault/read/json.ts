/** Bytes → JSON, for bodies whose size was limited while they were read. */

export function text(chunks: Buffer[]): string {
  const [only] = chunks;
  if (chunks.length === 1 && only) return only.toString('utf8');
  // What came may be an echo of a share: whoever gave the chunks zeroes them, and this copy is ours (rule 1).
  const whole = Buffer.concat(chunks);
  try {
    return whole.toString('utf8');
  } finally {
    whole.fill(0);
  }
}

export function parseJson(chunks: Buffer[]): { json: unknown } | undefined {
  try {
    return { json: JSON.parse(text(chunks)) };
  } catch {
    return undefined;
  }
}
