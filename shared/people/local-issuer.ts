/** The embedded host's own issuer, for loopback: whoever can read its file is anybody. It never starts on Azure. */
import { createHash, createPrivateKey, createPublicKey, generateKeyPair, type KeyObject } from 'node:crypto';
import { promisify } from 'node:util';
import { SignJWT } from 'jose';
import { localName } from './claims.ts';
import { type KeyFileProblem, keepKeyFile, readKeyFile } from './key-file.ts';
import type { SigningKeys } from './keys.ts';
import type { Role } from './person.ts';
import { localTokens } from './settings.ts';

export interface PublicKeySet {
  keys: { kty: 'RSA'; use: 'sig'; alg: 'RS256'; kid: string; n: string; e: string }[];
}

export type SignedToken =
  | { ok: true; token: string; expiresAt: number }
  | { ok: false; code: 'name' | 'role'; message: string };

export interface LocalIssuer {
  /** For verifyPerson, with `localTokens`. */
  keys: SigningKeys;
  keySet: PublicKeySet;
  /**
   * A token of the person `local/NAME`, for 60 minutes.
   *
   * @param now wall-clock time, ms.
   */
  sign(name: string, roles: Role[], now: number): Promise<SignedToken>;
}

const lifeSeconds = 3600;
const bits = 2048;

/** Reads the issuer's key, or makes one (mode 0600) where there is none. */
export async function openLocalIssuer(
  path: string,
): Promise<{ ok: true; issuer: LocalIssuer } | ({ ok: false } & KeyFileProblem)> {
  const found = await readKeyFile(path);
  if (found.ok) return issuerOf(found.pem, path);
  if (found.code !== 'missing') return found;
  const { privateKey } = await promisify(generateKeyPair)('rsa', { modulusLength: bits });
  const pem = privateKey.export({ type: 'pkcs8', format: 'pem' }).toString();
  const kept = await keepKeyFile(path, pem);
  return kept.ok ? issuerOf(kept.pem, path) : kept;
}

function issuerOf(
  pem: string,
  path: string,
): { ok: true; issuer: LocalIssuer } | ({ ok: false } & KeyFileProblem) {
  const privateKey = rsaKeyOf(pem);
  if (!privateKey) {
    const message = `${path} holds no RSA key of at least ${bits} bits: delete it, and a new one is made; older tokens end then`;
    return { ok: false, code: 'invalid', recoverable: false, message };
  }
  const key = createPublicKey(privateKey);
  const { n = '', e = '' } = key.export({ format: 'jwk' });
  // RFC 7638: the key's own thumbprint names it.
  const kid = createHash('sha256')
    .update(JSON.stringify({ e, kty: 'RSA', n }))
    .digest('base64url');
  const issuer: LocalIssuer = {
    keys: {
      find: (wanted) =>
        Promise.resolve(wanted === kid ? { ok: true, key } : { ok: false, code: 'token-key-unknown' }),
    },
    keySet: { keys: [{ kty: 'RSA', use: 'sig', alg: 'RS256', kid, n, e }] },
    sign: (name, roles, now) => sign(privateKey, kid, { name, roles, now }),
  };
  return { ok: true, issuer };
}

function rsaKeyOf(pem: string): KeyObject | undefined {
  try {
    const key = createPrivateKey(pem);
    const enough = (key.asymmetricKeyDetails?.modulusLength ?? 0) >= bits;
    return key.asymmetricKeyType === 'rsa' && enough ? key : undefined;
  } catch {
    return undefined;
  }
}

async function sign(
  key: KeyObject,
  kid: string,
  { name, roles, now }: { name: string; roles: Role[]; now: number },
): Promise<SignedToken> {
  if (!localName.test(name)) {
    const message = 'a name is 1 to 64 of a-z, 0-9, ".", "_" and "-"';
    return { ok: false, code: 'name', message };
  }
  if (roles.length === 0) return { ok: false, code: 'role', message: 'name at least one role' };
  const { issuer, tenant, audience, clients, scope } = localTokens;
  const issued = Math.floor(now / 1000);
  const claims = { ver: '2.0', tid: tenant, oid: name, name, azp: clients[0], scp: scope, roles };
  const token = await new SignJWT(claims)
    .setProtectedHeader({ alg: 'RS256', typ: 'JWT', kid })
    .setIssuer(issuer)
    .setAudience(audience)
    .setIssuedAt(issued)
    .setNotBefore(issued)
    .setExpirationTime(issued + lifeSeconds)
    .sign(key);
  return { ok: true, token, expiresAt: (issued + lifeSeconds) * 1000 };
}
