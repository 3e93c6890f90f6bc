/** What a request brings besides its token: a body of words of people, no shares, and names in its path. */
import type { HttpRequest, HttpResponseInit } from '@azure/functions';
import type { z } from 'zod';
import { largestBodyBytes, paramsProblem } from './request-limits.ts';

/** Shaped like ours, so that neither a pasted secret nor markup comes back as the name of a field. */
const fieldName = /^[a-z][a-zA-Z]{0,31}$/;

const refused = (status: number, message: string, error = 'invalid') =>
  ({ ok: false, answer: { status, jsonBody: { error, message } } }) as const;

/** The message names every field that is wrong, and no value. What the content type says changes nothing. */
export async function readAsked<T>(
  request: HttpRequest,
  schema: z.ZodType<T>,
): Promise<{ ok: true; body: T } | { ok: false; answer: HttpResponseInit }> {
  const bytes = await request.arrayBuffer();
  if (bytes.byteLength > largestBodyBytes)
    return refused(413, `the body is larger than ${largestBodyBytes} bytes`);
  let json: unknown;
  try {
    // Fatal: replacement characters would be kept, and shown, as if somebody had written them.
    const text = new TextDecoder('utf-8', { fatal: true }).decode(bytes);
    json = text === '' ? {} : JSON.parse(text);
  } catch {
    return refused(400, 'the body is not JSON in UTF-8');
  }
  const parsed = schema.safeParse(json);
  if (!parsed.success) return refused(400, parsed.error.issues.map(problem).join('; ').slice(0, 1000));
  const unknown = paramsProblem(request.params);
  return unknown === undefined ? { ok: true, body: parsed.data } : refused(404, unknown, 'not-found');
}

function problem(issue: z.core.$ZodIssue): string {
  const where = issue.path.join('.') || 'body';
  if (issue.code !== 'unrecognized_keys') return `${where}: ${issue.message}`;
  const named = issue.keys.filter((key) => fieldName.test(key)).slice(0, 10);
  return `${where}: it has fields that nobody knows${named.length > 0 ? `: ${named.join(', ')}` : ''}`;
}
