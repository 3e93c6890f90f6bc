/** A published key set → keys that may sign a person's token. Pure. */
import { createPublicKey, type KeyObject } from 'node:crypto';
import { z } from 'zod';

const KeySet = z.object({ keys: z.array(z.unknown()) });

const RsaKey = z.object({
  kty: z.literal('RSA'),
  kid: z.string().min(1).max(256),
  n: z.string(),
  e: z.string(),
  use: z.literal('sig').optional(),
  alg: z.literal('RS256').optional(),
  /** Entra says here whose tokens a key signs; `{tenantid}` stands for any. */
  issuer: z.string().optional(),
  /** A private key that was published signs nothing any more. */
  d: z.undefined().optional(),
});

const leastBits = 2048;
const leastExponent = 65_537n;

export type ParsedKeys = { ok: true; keys: Map<string, KeyObject> } | { ok: false; problem: string };

/** Keys that are not RSA of at least 2048 bits, or are for something else, are left out; none left is a problem. */
export function parseKeySet(
  text: string,
  { issuer, tenant }: { issuer: string; tenant: string },
): ParsedKeys {
  const set = KeySet.safeParse(jsonOf(text));
  if (!set.success) return { ok: false, problem: 'the answer is no JSON Web Key Set' };
  const keys = new Map<string, KeyObject>();
  for (const entry of set.data.keys) {
    const { data } = RsaKey.safeParse(entry);
    if (!data || keys.has(data.kid)) continue;
    if (data.issuer !== undefined && data.issuer.replace('{tenantid}', tenant) !== issuer) continue;
    const key = publicKeyOf(data.n, data.e);
    if (key) keys.set(data.kid, key);
  }
  if (keys.size > 0) return { ok: true, keys };
  return { ok: false, problem: 'the key set holds no RSA signing key of at least 2048 bits for this issuer' };
}

function publicKeyOf(n: string, e: string): KeyObject | undefined {
  try {
    const key = createPublicKey({ format: 'jwk', key: { kty: 'RSA', n, e } });
    const { modulusLength = 0, publicExponent = 0n } = key.asymmetricKeyDetails ?? {};
    return modulusLength >= leastBits && publicExponent >= leastExponent ? key : undefined;
  } catch {
    return undefined;
  }
}

function jsonOf(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}
