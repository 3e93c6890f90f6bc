/** An Authorization header becomes a person, or a refusal that says the fix (rule 7). */
import { decodeProtectedHeader, errors, jwtVerify } from 'jose';
import { personOf } from './claims.ts';
import type { SigningKeys } from './keys.ts';
import type { Person } from './person.ts';
import { type Refusal, type RefusalCode, refuse } from './refusal.ts';
import type { TokenSettings } from './settings.ts';

/** How far clocks may differ, seconds. */
const toleranceSeconds = 60;
/** Entra's longest tokens (200 groups) stay below; anything larger is no token. */
const mostCharacters = 16 * 1024;
/** Ways in which a JWS may bring or name its own key (RFC 7515, 4.1). Entra uses none of them. */
const ownKeys = ['jwk', 'jku', 'x5u', 'x5c'];

/**
 * Only this header says who asks: headers of the platform (x-ms-client-principal and its kin) can be set by anybody
 * who reaches the app past the platform, and count for nothing.
 *
 * @param authorization the Authorization header's value.
 * @param now wall-clock time, ms.
 */
export async function verifyPerson(
  authorization: string | null | undefined,
  settings: TokenSettings,
  keys: SigningKeys,
  now: number,
): Promise<{ ok: true; person: Person } | Refusal> {
  if (!authorization?.trim()) return refuse('token-missing');
  const token = /^Bearer +([\w-]+\.[\w-]+\.[\w-]*)$/i.exec(authorization.trim())?.[1];
  if (token === undefined || token.length > mostCharacters) return refuse('token-malformed');
  const header = headerOf(token);
  if (!header) return refuse('token-malformed');
  if (header.alg !== 'RS256') return refuse('token-algorithm');
  if (ownKeys.some((name) => name in header)) return refuse('token-key-embedded');
  if (typeof header.kid !== 'string') return refuse('token-key-unknown');
  const found = await keys.find(header.kid);
  if (!found.ok) return refuse(found.code);
  try {
    const { payload } = await jwtVerify(token, found.key, {
      algorithms: ['RS256'],
      currentDate: new Date(now),
      clockTolerance: toleranceSeconds,
      requiredClaims: ['exp'],
    });
    return personOf(payload, settings);
  } catch (error) {
    return refuse(codeOf(error));
  }
}

function headerOf(token: string): ReturnType<typeof decodeProtectedHeader> | undefined {
  try {
    return decodeProtectedHeader(token);
  } catch {
    return undefined;
  }
}

/** What is no judgement of a token is a fault of ours: it is thrown on, and gives no access either. */
function codeOf(error: unknown): RefusalCode {
  if (!(error instanceof errors.JOSEError)) throw error;
  if (error instanceof errors.JWSSignatureVerificationFailed) return 'token-signature';
  if (error instanceof errors.JWTExpired) return 'token-expired';
  if (error instanceof errors.JWTClaimValidationFailed) {
    if (error.claim === 'exp') return 'token-expired';
    if (error.claim === 'nbf') return 'token-not-yet-valid';
  }
  return 'token-malformed';
}
