/** Reply → the schema's type, or why not. */
import type { z } from 'zod';
import type { VaultError, VaultErrorCode } from '../answer.ts';
import type { Reply } from '../transport/exchange.ts';
import { parseJson } from './json.ts';
import { reasonsOf, refusal } from './refusal.ts';
import { misfit } from './shape.ts';

export interface Misread {
  code: Extract<VaultErrorCode, 'http' | 'not-json' | 'not-vault'>;
  detail: string;
  facts: Pick<VaultError, 'status' | 'field' | 'location' | 'reasons'>;
}

export type Read<T> = { body: T } | Misread;

/** `statuses`: those under which this path answers in its own shape. `secret`: repeat nothing of the server's words. */
export function readJson<T>(
  reply: Reply,
  schema: z.ZodType<T>,
  statuses: ReadonlySet<number>,
  secret: boolean,
): Read<T> {
  const { status, chunks } = reply;
  if (!statuses.has(status)) return { code: 'http', ...refusal(reply, secret) };
  const parsed = parseJson(chunks);
  if (!parsed)
    return { code: 'not-json', detail: `HTTP ${status}, but the body is not JSON`, facts: { status } };
  const fitting = schema.safeParse(parsed.json);
  if (fitting.success) return { body: fitting.data };
  // A quota or a proxy in front can use a status of the table for a refusal of its own.
  if (status !== 200 && reasonsOf(chunks, false)) return { code: 'http', ...refusal(reply, secret) };
  const field = misfit(fitting.error.issues, parsed.json);
  return { code: 'not-vault', detail: `not an answer of Vault's: ${field}`, facts: { status, field } };
}
