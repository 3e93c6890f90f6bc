/** The answer of sys/unseal → numbers, or a closed refusal. Nothing of its text gets out of here (rule 1). */
import { z } from 'zod';
import type { Reply } from '../transport/exchange.ts';
import type { UnsealRefusal, UnsealStatus } from '../unseal.ts';
import { parseJson } from './json.ts';
import type { Misread } from './json-answer.ts';

/** Vault takes at most 255 shares: shamir/shamir.go. */
const small = z.number().int().nonnegative().max(255);
/** uuid.GenerateUUID of hashicorp/go-uuid: nothing else is a nonce of Vault's. */
const nonce = /^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/;

const Status = z
  .object({
    sealed: z.boolean(),
    t: small,
    n: small,
    progress: small,
    nonce: z.union([z.literal(''), z.string().regex(nonce)]).optional(),
  })
  .transform(({ nonce, ...numbers }): UnsealStatus => (nonce ? { ...numbers, nonce } : numbers));

const Errors = z.object({ errors: z.array(z.string()) });

/** In this order: the texts nest, "unable to retrieve stored keys: invalid key: … message authentication failed". */
const words: [RegExp, UnsealRefusal][] = [
  [/duplicate part/, 'duplicate'],
  [/parts must be (the same length|at least)|less than two parts/, 'malformed'],
  [
    /valid hex or base64|shorter than minimum|longer than maximum|'key' must be specified|failed to parse json/,
    'malformed',
  ],
  [/message authentication failed|unseal failed, invalid key/, 'authentication-failed'],
  [/vault is unsealed/, 'already-unsealed'],
  [/not initialized/, 'not-initialised'],
  [/removed from (a|the) (ha )?cluster/, 'node-removed'],
  [/migrat/, 'migration'],
  [
    /no leader|leader not found|active cluster node not found|deadline exceeded|storage|quorum/,
    'no-leader-or-storage',
  ],
];

const said: Record<UnsealRefusal, string> = {
  'authentication-failed': 'refused: the set of shares opens nothing',
  malformed: 'refused: a share has a form or length that it does not take',
  duplicate: 'refused: two shares of one number in the set',
  'already-unsealed': 'refused: it is unsealed already',
  'not-initialised': 'refused: it is not initialised',
  'node-removed': 'refused: the node was removed from its cluster',
  migration: 'refused: a seal migration is pending',
  'no-leader-or-storage': 'refused: no leader, or storage that does not answer',
  other: 'refused',
};

export type UnsealReading = { body: UnsealStatus } | (Misread & { refusal?: UnsealRefusal });

/** Zeroes what came: an impostor or a proxy may have echoed the request. */
export function readUnseal(reply: Reply): UnsealReading {
  const reading = read(reply);
  for (const chunk of reply.chunks) chunk.fill(0);
  return reading;
}

function read({ status, chunks }: Reply): UnsealReading {
  if (status !== 200) {
    const refusal = refusalOf(status, chunks);
    return { code: 'http', detail: `HTTP ${status}, ${said[refusal]}`, facts: { status }, refusal };
  }
  const parsed = parseJson(chunks);
  if (!parsed) return { code: 'not-json', detail: 'HTTP 200, but the body is not JSON', facts: { status } };
  const fitting = Status.safeParse(parsed.json);
  if (fitting.success) return { body: fitting.data };
  return { code: 'not-vault', detail: "not an answer of Vault's", facts: { status } };
}

function refusalOf(status: number, chunks: Buffer[]): UnsealRefusal {
  const body = status >= 400 ? Errors.safeParse(parseJson(chunks)?.json) : undefined;
  const reasons = body?.success ? body.data.errors.join(' ').slice(0, 4000).toLowerCase() : '';
  const known = words.find(([pattern]) => pattern.test(reasons));
  if (known) return known[1];
  return status >= 500 ? 'no-leader-or-storage' : 'other';
}
