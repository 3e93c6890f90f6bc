/** Bytes → JSON, for bodies whose size was limited while they were read. */

export function text(chunks: Buffer[]): string {
  const [only] = chunks;
  return (chunks.length === 1 && only ? only : Buffer.concat(chunks)).toString('utf8');
}

export function parseJson(chunks: Buffer[]): { json: unknown } | undefined {
  try {
    return { json: JSON.parse(text(chunks)) };
  } catch {
    return undefined;
  }
}
