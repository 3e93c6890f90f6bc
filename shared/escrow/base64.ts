/** The bytes of base64 in its one canonical spelling; undefined for any other. Not for secrets: it takes a string. */
export function fromBase64(value: string): Buffer | undefined {
  const bytes = Buffer.from(value, 'base64');
  return bytes.toString('base64') === value ? bytes : undefined;
}
