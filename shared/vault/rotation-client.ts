/** What rotations ask of a transit seal's provider, and of a consumer that steps down. */
import type { Answer } from './answer.ts';
import type { Call } from './call.ts';
import type { RequestOptions } from './client.ts';
import { jsonBody, type VaultClientSettings } from './node-requests.ts';
import type { Read } from './read/json-answer.ts';
import { isToken } from './read/login-answer.ts';
import {
  orGone,
  type RenewedToken,
  readAccessors,
  readDone,
  readRenewed,
  readUnwrapped,
  readWrapped,
  readWrappingLookup,
  type TokenRole,
  type UnwrappedToken,
  type WrapInfo,
  type WrappingFacts,
} from './rotation-answers.ts';
import {
  ofRole,
  readToken,
  type TokenFacts,
  type TransitClient,
  type TransitKeyPath,
  UndiciTransitClient,
} from './transit-client.ts';
import type { Reply } from './transport/exchange.ts';

export type { RenewedToken, TokenRole, UnwrappedToken, WrapInfo, WrappingFacts };

/**
 * One node of a provider or consumer. Every call is secret: full handshakes, and of a refusal only its status is told. Never
 * throws for what a server or network does. `token`: Sealwatch's own, where nothing else is said.
 */
export interface RotationClient extends TransitClient {
  /** A token by the token role, of which nobody but who unwraps it within `wrapTtlSeconds` learns the value. */
  createWrapped(
    role: string,
    named: { displayName: string; meta: Record<string, string> },
    wrapTtlSeconds: number,
    token: string,
    options?: RequestOptions,
  ): Promise<Answer<WrapInfo>>;
  /** Whence the wrapping token is: needs no other, and uses it not up. 400 when it is used up or has ended. */
  wrappingLookup(wrappingToken: string, options?: RequestOptions): Promise<Answer<WrappingFacts>>;
  /** Once: 400 for the second. Vault hands out a token that was revoked since, too (VAULT-FACTS). */
  unwrap(wrappingToken: string, options?: RequestOptions): Promise<Answer<UnwrappedToken>>;
  /** Wraps `{"value": VALUE}`. A value that is no token is not sent. */
  wrap(value: Buffer, ttlSeconds: number, token: string, options?: RequestOptions): Promise<Answer<WrapInfo>>;
  /** @param token the one to renew. */
  renewSelf(token: string, options?: RequestOptions): Promise<Answer<RenewedToken>>;
  /** Undefined: there is no such token (any more). */
  lookupAccessor(
    accessor: string,
    token: string,
    options?: RequestOptions,
  ): Promise<Answer<TokenFacts | undefined>>;
  /** One that is gone already is an answer. */
  revokeAccessor(accessor: string, token: string, options?: RequestOptions): Promise<Answer<undefined>>;
  /** Of all tokens, wrapping tokens too. Needs list and sudo: mostly 403. */
  listAccessors(token: string, options?: RequestOptions): Promise<Answer<string[]>>;
  rotateKey(path: TransitKeyPath, token: string, options?: RequestOptions): Promise<Answer<undefined>>;
  /** Lowers it too: who must not, looks first. */
  setMinimum(
    path: TransitKeyPath,
    version: number,
    token: string,
    options?: RequestOptions,
  ): Promise<Answer<undefined>>;
  /** Of a consumer's active node. 204 says that it was heard, not that it led: without HA it does nothing (VAULT-FACTS). */
  stepDown(token: string, options?: RequestOptions): Promise<Answer<undefined>>;
}

/** A list of 20,000 accessors fits. */
const maxListBytes = 1024 * 1024;

const ofToken = (path: string, method: Call['method'] = 'POST'): Call => ({
  method,
  path: `/v1/auth/token/${path}`,
  secret: true,
});
const ofSystem = (path: string): Call => ({ method: 'POST', path: `/v1/sys/${path}`, secret: true });

const readTokenOrGone = orGone(readToken);
const readDoneOrGone = orGone(readDone);

export function createRotationClient(settings: VaultClientSettings): RotationClient {
  return new UndiciRotationClient(settings, true);
}

class UndiciRotationClient extends UndiciTransitClient implements RotationClient {
  createWrapped(
    role: string,
    { displayName, meta }: { displayName: string; meta: Record<string, string> },
    wrapTtlSeconds: number,
    token: string,
    options?: RequestOptions,
  ) {
    const call = ofRole('create', role);
    if (!call) return this.noRole();
    const body = Buffer.from(JSON.stringify({ display_name: displayName, meta }));
    const headers = { ...jsonBody, ...wrapTtl(wrapTtlSeconds) };
    return this.askWithToken(call, token, options, readWrapped, { headers, body });
  }

  wrappingLookup(wrappingToken: string, options?: RequestOptions) {
    const call = ofSystem('wrapping/lookup');
    return this.askWithToken(call, wrappingToken, options, readWrappingLookup);
  }

  unwrap(wrappingToken: string, options?: RequestOptions) {
    // As header alone: given twice, it is used up by the first of them.
    return this.askWithToken(ofSystem('wrapping/unwrap'), wrappingToken, options, readUnwrapped);
  }

  async wrap(value: Buffer, ttlSeconds: number, token: string, options?: RequestOptions) {
    const call = ofSystem('wrapping/wrap');
    if (!isToken(value.toString()) || /["\\]/.test(value.toString()))
      return this.unsent(call, 'http', 'the value holds what no token holds');
    const body = Buffer.concat([Buffer.from('{"value":"'), value, Buffer.from('"}')]);
    const headers = { ...jsonBody, ...wrapTtl(ttlSeconds) };
    try {
      return await this.askWithToken(call, token, options, readWrapped, { headers, body });
    } finally {
      body.fill(0);
    }
  }

  renewSelf(token: string, options?: RequestOptions) {
    return this.askWithToken(ofToken('renew-self'), token, options, readRenewed);
  }

  lookupAccessor(accessor: string, token: string, options?: RequestOptions) {
    return this.#withBody(ofToken('lookup-accessor'), { accessor }, token, options, readTokenOrGone);
  }

  revokeAccessor(accessor: string, token: string, options?: RequestOptions) {
    return this.#withBody(ofToken('revoke-accessor'), { accessor }, token, options, readDoneOrGone);
  }

  listAccessors(token: string, options?: RequestOptions) {
    const call = ofToken('accessors?list=true', 'GET');
    return this.askWithToken(call, token, options, readAccessors, { maxBytes: maxListBytes });
  }

  rotateKey({ mount, key }: TransitKeyPath, token: string, options?: RequestOptions) {
    const call: Call = { method: 'POST', path: `/v1/${mount}/keys/${key}/rotate`, secret: true };
    return this.askWithToken(call, token, options, readDone);
  }

  setMinimum({ mount, key }: TransitKeyPath, version: number, token: string, options?: RequestOptions) {
    const call: Call = { method: 'POST', path: `/v1/${mount}/keys/${key}/config`, secret: true };
    return this.#withBody(call, { min_decryption_version: version }, token, options, readDone);
  }

  stepDown(token: string, options?: RequestOptions) {
    return this.askWithToken(ofSystem('step-down'), token, options, readDone);
  }

  #withBody<T>(
    call: Call,
    json: Record<string, string | number>,
    token: string,
    options: RequestOptions | undefined,
    read: (reply: Reply) => Read<T>,
  ) {
    const body = Buffer.from(JSON.stringify(json));
    return this.askWithToken(call, token, options, read, { headers: jsonBody, body });
  }
}

const wrapTtl = (seconds: number) => ({ 'x-vault-wrap-ttl': `${seconds}s` });
