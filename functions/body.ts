/** The body of a request: words of people, no shares. */
import type { HttpRequest } from '@azure/functions';
import type { z } from 'zod';

/** Characters. */
const largestBody = 16 * 1024;

/** The message names every field that is wrong, and no value. */
export async function readBody<T>(
  request: HttpRequest,
  schema: z.ZodType<T>,
): Promise<{ ok: true; value: T } | { ok: false; message: string }> {
  const text = await request.text();
  if (text.length > largestBody)
    return { ok: false, message: `the body is larger than ${largestBody} bytes` };
  let json: unknown;
  try {
    json = text === '' ? {} : JSON.parse(text);
  } catch {
    return { ok: false, message: 'the body is not JSON' };
  }
  const parsed = schema.safeParse(json);
  if (parsed.success) return { ok: true, value: parsed.data };
  const problems = parsed.error.issues.map(({ path, message }) => `${path.join('.') || 'body'}: ${message}`);
  return { ok: false, message: problems.join('; ').slice(0, 1000) };
}
