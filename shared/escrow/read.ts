/** Bytes of a blob → generation, or which field is wrong with it. What it says never repeats a value of the blob. */
import { z } from 'zod';
import { fromBase64 } from './base64.ts';
import type { Envelope, Generation, TrustBinding } from './generation.ts';

export type ReadGeneration = { ok: true; generation: Generation } | { ok: false; problem: string };

const mostBytes = 1024 * 1024;
/** Shamir's shares have one byte as their number. */
const mostShares = 255;
const mostEnvelopes = 2000;

const line = (most: number) =>
  z
    .string()
    .min(1)
    .max(most)
    .regex(/^[^\p{Cc}]*$/u, 'must be one line of text');
const whole = z.int().min(1).max(1_000_000);

function base64(least: number, most = least) {
  const size = least === most ? `${least}` : `${least} to ${most}`;
  return z
    .string()
    .max(Math.ceil(most / 3) * 4)
    .refine((value) => {
      const length = fromBase64(value)?.length ?? -1;
      return length >= least && length <= most;
    }, `must be base64 of ${size} bytes`);
}

function sortedOnce(values: string[]): boolean {
  return values.every((value, index) => index === 0 || (values[index - 1] as string) < value);
}

const ordered = 'must be sorted, each once';
const origin = line(300).refine(
  (value) =>
    URL.canParse(value) && /^https?:$/.test(new URL(value).protocol) && new URL(value).origin === value,
  'must be an origin like https://vault-0.example.com:8200',
);

const trust: z.ZodType<TrustBinding> = z.strictObject({
  addresses: z.array(origin).min(1).max(200).refine(sortedOnce, ordered),
  serverName: line(253).exactOptional(),
  ca: z.array(base64(64, 16_384)).max(200).refine(sortedOnce, ordered),
  pins: z.array(base64(32)).max(100).refine(sortedOnce, ordered),
  recovery: z
    .strictObject({
      policy: z.enum(['manual', 'automatic']),
      approvals: z.union([z.literal(1), z.literal(2)]),
      unknownSealCause: z.enum(['approval', 'automatic']),
    })
    .exactOptional(),
});

const about = {
  index: z.int().min(1).max(mostShares),
  custodian: line(100),
  iv: base64(12),
  // A share of Vault: 32 bytes, and 1 more for its number where there are several.
  ciphertext: base64(16, 33),
  tag: base64(16),
};

const envelope: z.ZodType<Envelope> = z.discriminatedUnion('wrap', [
  z.strictObject({
    ...about,
    wrap: z.literal('RSA-OAEP-256'),
    keyId: line(300).regex(
      /^https:\/\/[^/?#@\s]+\/keys\/[A-Za-z0-9-]+\/[A-Za-z0-9]+$/,
      'must be a versioned Key Vault key: https://VAULT/keys/NAME/VERSION',
    ),
    // By keys of 2048, 3072 and 4096 bits.
    wrappedKey: z.union([base64(256), base64(384), base64(512)], 'must be base64 of 256, 384 or 512 bytes'),
  }),
  z.strictObject({
    ...about,
    wrap: z.literal('scrypt-A256GCM'),
    keyId: line(120).startsWith('local:', 'must begin with local:'),
    wrappedKey: base64(76),
  }),
]);

const schema: z.ZodType<Generation> = z
  .strictObject({
    schema: z.literal(1, 'was written by another version of Sealwatch: use that one, or import again'),
    cluster: line(63).regex(/^[a-z][a-z0-9-]*$/, 'must be the name of a cluster'),
    generation: whole,
    revision: whole,
    kind: z.enum(['unseal', 'recovery']),
    threshold: z.int().min(1).max(mostShares),
    count: z.int().min(1).max(mostShares),
    trust,
    createdAt: z.number().min(0).max(8.64e15),
    createdBy: line(300),
    envelopes: z.array(envelope).min(1).max(mostEnvelopes),
  })
  .superRefine(({ threshold, count, envelopes }, context) => {
    const say = (path: (string | number)[], message: string) =>
      context.addIssue({ code: 'custom', path, message });
    if (threshold > count) say(['threshold'], 'must not be above count');
    const seen = new Set<string>();
    let last = 0;
    for (const [position, { index, custodian }] of envelopes.entries()) {
      const key = `${index} ${custodian}`;
      if (index > count) say(['envelopes', position, 'index'], 'must not be above count');
      if (index < last) say(['envelopes', position, 'index'], 'must be in the order of the indexes');
      if (seen.has(key)) say(['envelopes', position], 'is there twice: same index and custodian');
      seen.add(key);
      last = index;
    }
    const indexes = new Set(envelopes.map(({ index }) => index));
    // zod comes here with a count that it has found too large, too.
    for (let index = 1; index <= Math.min(count, mostShares); index += 1) {
      if (!indexes.has(index)) say(['envelopes'], `must hold every share: share ${index} is missing`);
    }
  });

/** Everything of it is checked but the envelopes' authenticity: that only opening them tells. */
export function readGeneration(bytes: Buffer): ReadGeneration {
  if (bytes.length > mostBytes) return bad(`larger than ${mostBytes / 1024} KiB`);
  const parsed = parseJson(bytes);
  if (!parsed.ok) return bad('not JSON in UTF-8');
  const result = schema.safeParse(parsed.value);
  if (result.success) return { ok: true, generation: result.data };
  const [issue] = result.error.issues;
  return bad(issue ? `${placeOf(issue)} ${sayingOf(issue)}` : 'not a generation');
}

function bad(problem: string): ReadGeneration {
  return { ok: false, problem: `the escrow blob cannot be used: ${problem}` };
}

function parseJson(bytes: Buffer): { ok: true; value: unknown } | { ok: false } {
  try {
    return { ok: true, value: JSON.parse(new TextDecoder('utf-8', { fatal: true }).decode(bytes)) };
  } catch {
    return { ok: false };
  }
}

/** Of field names that the schema knows: an unrecognised one is the blob's own text. */
function placeOf({ path }: z.core.$ZodIssue): string {
  const place = path.map((part) => (typeof part === 'number' ? `[${part}]` : `.${String(part)}`)).join('');
  return place === '' ? 'it' : place.replace(/^\./, '');
}

/** zod's own sentences can repeat what they got; ours say what must be. */
function sayingOf(issue: z.core.$ZodIssue): string {
  switch (issue.code) {
    case 'unrecognized_keys':
      return 'has fields that are not known here';
    case 'invalid_type':
      return `must be there, as ${issue.expected}`;
    case 'too_big':
      return `is too large: at most ${String(issue.maximum)}`;
    case 'too_small':
      return `is too small: at least ${String(issue.minimum)}`;
    case 'invalid_union':
      return issue.message.startsWith('must ') ? issue.message : 'is none of the kinds known here';
    case 'invalid_value':
      return issue.message.startsWith('was ') ? issue.message : `must be one of: ${issue.values.join(', ')}`;
    default:
      return issue.message;
  }
}
