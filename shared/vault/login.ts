/** Tokens for the calls that need one: made when needed, kept for two thirds of their life, shared by all callers. */
import type { Clock } from '../clock.ts';
import type { Answer, VaultError } from './answer.ts';
import { vaultError } from './call.ts';
import type { LoginAnswer, VaultClient } from './client.ts';
import { isToken } from './read/login-answer.ts';
import { oneLine } from './text.ts';

/** How to log in, with what it takes as functions: they reject with a message that a person can act on. */
export type LoginMethod =
  /** JWT/OIDC auth with an Azure identity's token. */
  | { method: 'jwt'; mount: string; role: string; assertion: () => Promise<string> }
  | { method: 'approle'; mount: string; roleId: () => Promise<string>; secretId: () => Promise<string> }
  | { method: 'token'; token: () => Promise<string> };

/** Of a client, what a login needs. */
export type LoginClient = Pick<VaultClient, 'address' | 'login' | 'renewSelf'>;

export type TokenResult = { ok: true; token: string } | { ok: false; error: VaultError };

export interface TokenSource {
  /** A token of the cluster; a login or renewal it takes goes to `client` and nowhere else. Never rejects. */
  token(client: LoginClient): Promise<TokenResult>;
  /** The token was refused (403): the next call makes a new one. */
  invalidate(): void;
}

/** A login that failed is not tried again for this long: no hammering, and no lock-out of an AppRole. */
const pauseAfterFailureMs = 10_000;
/**
 * A token that replaced a refused one is kept at least this long, refused or not: then it is the policy that
 * is missing, and a login each sweep would only pile up leases in Vault.
 */
const replacementLifeMs = 5 * 60_000;
/** A given token has a life that we do not know: it is read again after this long, as it may have been changed. */
const givenLifeMs = 5 * 60_000;

interface Kept {
  token: string;
  madeAt: number;
  /** `clock.elapsed()` from which on it is renewed or replaced… */
  renewAt: number;
  /** …and from which on it is useless. */
  expiresAt: number;
  renewable: boolean;
  leaseMs: number;
  replacement: boolean;
}

export function createTokenSource(settings: { login: LoginMethod; clock: Clock }): TokenSource {
  const { login, clock } = settings;
  let kept: Kept | undefined;
  let refused = false;
  let failure: { error: VaultError; until: number } | undefined;
  let underWay: Promise<TokenResult> | undefined;

  function keep(answer: LoginAnswer, replacement: boolean, firstLeaseMs?: number): TokenResult {
    const madeAt = clock.elapsed();
    const leaseMs = answer.leaseSeconds === 0 ? Number.POSITIVE_INFINITY : answer.leaseSeconds * 1000;
    kept = {
      token: answer.token,
      madeAt,
      renewAt: madeAt + (leaseMs * 2) / 3,
      expiresAt: madeAt + leaseMs,
      // Near its maximum TTL a renewal gives ever less: then a new login is due.
      renewable: answer.renewable && (firstLeaseMs === undefined || leaseMs * 2 >= firstLeaseMs),
      leaseMs: firstLeaseMs ?? leaseMs,
      replacement,
    };
    refused = false;
    failure = undefined;
    return { ok: true, token: answer.token };
  }

  async function make(client: LoginClient): Promise<TokenResult> {
    const old = kept;
    if (failure && clock.elapsed() < failure.until) return fallBack(old, failure.error);
    if (old?.renewable && !refused && clock.elapsed() < old.expiresAt) {
      const renewed = await client.renewSelf(old.token);
      if (renewed.ok) return keep(renewed.body, false, old.leaseMs);
    }
    const made = await logIn(login, client);
    if (made.ok) return keep(made.body, refused);
    failure = { error: made.error, until: clock.elapsed() + pauseAfterFailureMs };
    return fallBack(old, made.error);
  }

  /** What is past two thirds of its life still serves, unless it was refused. */
  function fallBack(old: Kept | undefined, error: VaultError): TokenResult {
    if (old && !refused && clock.elapsed() < old.expiresAt) return { ok: true, token: old.token };
    return { ok: false, error };
  }

  return {
    async token(client) {
      if (kept && !refused && clock.elapsed() < kept.renewAt) return { ok: true, token: kept.token };
      underWay ??= make(client).finally(() => {
        underWay = undefined;
      });
      return underWay;
    },
    invalidate() {
      if (underWay || !kept) return;
      if (kept.replacement && clock.elapsed() < kept.madeAt + replacementLifeMs) return;
      refused = true;
    },
  };
}

async function logIn(login: LoginMethod, client: LoginClient): Promise<Answer<LoginAnswer>> {
  const path = login.method === 'token' ? 'auth/token' : `auth/${login.mount}/login`;
  let body: Buffer | undefined;
  try {
    if (login.method === 'token') return given(await login.token(), client);
    body = Buffer.from(JSON.stringify(await bodyOf(login)));
    return await client.login(path, body);
  } catch (error) {
    const why = error instanceof Error ? oneLine(error.message, 300) : 'unknown reason';
    return unsent(client, path, `login not tried: ${why}`, true);
  } finally {
    // The strings that it was made of are the engine's to forget.
    body?.fill(0);
  }
}

async function bodyOf(login: Exclude<LoginMethod, { method: 'token' }>): Promise<Record<string, string>> {
  if (login.method === 'jwt') return { role: login.role, jwt: await login.assertion() };
  const [roleId, secretId] = await Promise.all([login.roleId(), login.secretId()]);
  return { role_id: roleId, secret_id: secretId };
}

function given(text: string, client: LoginClient): Answer<LoginAnswer> {
  // Files and terminals add a line break.
  const token = text.trim();
  if (!isToken(token))
    return unsent(client, 'auth/token', 'the given token is empty or holds what no token holds', false);
  return {
    ok: true,
    status: 200,
    body: { token, leaseSeconds: givenLifeMs / 1000, renewable: false },
    ms: 0,
  };
}

function unsent(client: LoginClient, path: string, detail: string, recoverable: boolean): Answer<never> {
  const error = vaultError(client.address, { method: 'POST', path: `/v1/${path}` }, 'http', detail);
  return { ok: false, error: { ...error, recoverable }, ms: 0 };
}
