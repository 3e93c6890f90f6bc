/** Values as a log line may hold them: bounded, without bytes, and without what a name gives away as secret. */

/** Words of a name whose value is never written: `clientSecret`, `x-functions-key`, `Authorization`. */
const secretWords = new Set([
  'authorization',
  'cookie',
  'credential',
  'credentials',
  'key',
  'keys',
  'passphrase',
  'password',
  'sas',
  'secret',
  'secrets',
  'share',
  'shares',
  'sig',
  'signature',
  'token',
  'tokens',
]);

const longestText = 4096;
const mostItems = 100;
const deepest = 6;

/** @param text redacts one string. */
export function loggable(value: unknown, text: (value: string) => string, depth = 0): unknown {
  if (typeof value === 'string') return shorten(text(value));
  if (typeof value === 'number') return numeric(value, text);
  if (typeof value === 'boolean' || value === null || value === undefined) return value;
  if (typeof value === 'bigint') return text(String(value));
  if (typeof value !== 'object') return `[${typeof value}]`;
  if (value instanceof Error) return errorFields(value, text, depth);
  if (value instanceof Date) return Number.isNaN(value.getTime()) ? '[invalid date]' : value.toISOString();
  if (ArrayBuffer.isView(value)) return `[${value.byteLength} bytes]`;
  if (value instanceof ArrayBuffer) return `[${value.byteLength} bytes]`;
  if (depth >= deepest) return '[deeper]';
  if (Array.isArray(value) || value instanceof Set) return items([...value], text, depth);
  if (value instanceof Map)
    return named(
      [...value].map(([name, inner]) => [String(name), inner]),
      text,
      depth,
    );
  if ('toJSON' in value && typeof value.toJSON === 'function')
    return loggable(value.toJSON(), text, depth + 1);
  return named(Object.entries(value), text, depth);
}

/** Name, code and message: closed and short. Causes go by the same; of the stack, only where it was thrown. */
function errorFields(error: Error, text: (value: string) => string, depth: number): Record<string, unknown> {
  const { code } = error as { code?: unknown };
  const thrownAt = depth <= 1 ? /^\s*at .+$/m.exec(error.stack ?? '')?.[0].trim() : undefined;
  return {
    name: shorten(text(error.name)),
    ...((typeof code === 'string' || typeof code === 'number') && { code: loggable(code, text, depth) }),
    message: shorten(text(error.message)),
    ...(thrownAt !== undefined && { at: shorten(text(thrownAt)) }),
    ...(error.cause !== undefined && depth < deepest && { cause: loggable(error.cause, text, depth + 2) }),
  };
}

function items(values: unknown[], text: (value: string) => string, depth: number): unknown[] {
  const shown = values.slice(0, mostItems).map((value) => loggable(value, text, depth + 1));
  return values.length > mostItems ? [...shown, `[${values.length - mostItems} more]`] : shown;
}

function named(
  entries: [string, unknown][],
  text: (value: string) => string,
  depth: number,
): Record<string, unknown> {
  return Object.fromEntries(
    entries
      .slice(0, mostItems)
      .map(([name, value]) => [
        shorten(text(name)),
        isSecretName(name) && typeof value !== 'boolean' ? '[dropped]' : loggable(value, text, depth + 1),
      ]),
  );
}

function isSecretName(name: string): boolean {
  const words = name.replace(/([a-z0-9])([A-Z])/g, '$1 $2').split(/[^A-Za-z0-9]+|(?<=[A-Z])(?=[A-Z][a-z])/);
  return words.some((word) => secretWords.has(word.toLowerCase()));
}

/** A number can be a secret too, where somebody parsed one. */
function numeric(value: number, text: (value: string) => string): number | string {
  const written = String(value);
  const redacted = text(written);
  return redacted === written && Number.isFinite(value) ? value : redacted;
}

function shorten(text: string): string {
  return text.length > longestText ? `${text.slice(0, longestText)}… [${text.length} characters]` : text;
}
