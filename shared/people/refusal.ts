/** Why a token gives no access, and what to do about it. Nothing here repeats anything of a token. */

interface Refused {
  /** 401: not proven who it is. 403: known, but may not. 503: cannot be told now. */
  status: 401 | 403 | 503;
  message: string;
}

export const refusals = {
  'token-missing': {
    status: 401,
    message: 'no token: send the header "Authorization: Bearer TOKEN"; no other header says who you are',
  },
  'token-malformed': {
    status: 401,
    message: 'the token is no signed JWT: get a new one and send it whole, after "Bearer "',
  },
  'token-algorithm': {
    status: 401,
    message:
      'the token is not signed with RS256: get one from Entra, or with "sealwatch token" on this machine',
  },
  'token-key-embedded': {
    status: 401,
    message: "the token brings its own key: keys count only from the issuer's published set",
  },
  'token-key-unknown': {
    status: 401,
    message:
      'the token is signed with a key that the issuer does not publish: get a new token; right after a key change, try again in a minute',
  },
  'keys-unavailable': {
    status: 503,
    message:
      'the signing keys of the issuer cannot be fetched, so no token can be checked: try again, and see whether this app reaches login.microsoftonline.com',
  },
  'token-signature': {
    status: 401,
    message: 'the signature of the token does not match: get a new one and send it unchanged',
  },
  'token-expired': { status: 401, message: 'the token has expired, or says no end: get a new one' },
  'token-not-yet-valid': {
    status: 401,
    message: 'the token is not valid yet: check the clock of the machine that got it',
  },
  'token-version': {
    status: 401,
    message:
      "the token is no v2 token: set requestedAccessTokenVersion to 2 in the manifest of Sealwatch's registration, then get a new one",
  },
  'token-tenant': {
    status: 401,
    message: 'the token is of another tenant: sign in to the tenant of SEALWATCH_ENTRA_TENANT',
  },
  'token-issuer': {
    status: 401,
    message: 'the token is of another issuer: sign in to the tenant of SEALWATCH_ENTRA_TENANT',
  },
  'token-audience': {
    status: 401,
    message: 'the token is for another application: ask for a token for SEALWATCH_ENTRA_AUDIENCE',
  },
  'token-app-only': {
    status: 403,
    message: 'the token is of an application: only people have access; sign in as a user',
  },
  'token-client': {
    status: 403,
    message: 'the token was got by an application that is not in SEALWATCH_ENTRA_CLIENTS: use one that is',
  },
  'token-scope': {
    status: 403,
    message: 'the token lacks the scope of SEALWATCH_ENTRA_SCOPE: ask for it, and consent to it, at sign-in',
  },
  'token-person': { status: 401, message: 'the token does not say whose it is (oid): sign in as a user' },
  'token-role': {
    status: 403,
    message:
      'the token holds no role of Sealwatch: have Sealwatch.Read, Sealwatch.Operate or Sealwatch.Approve assigned, then get a new one',
  },
} as const satisfies Record<string, Refused>;

export type RefusalCode = keyof typeof refusals;

export interface Refusal extends Refused {
  ok: false;
  code: RefusalCode;
}

export function refuse(code: RefusalCode): Refusal {
  return { ok: false, code, ...refusals[code] };
}
