/** What a transit seal asks of its provider, asked by us with the seal's own token; and what tells of that token and key. */
import { z } from 'zod';
import type { Answer } from './answer.ts';
import { type Call, loginCall } from './call.ts';
import type { RequestOptions } from './client.ts';
import { inData, jsonBody, NodeRequests, type VaultClientSettings } from './node-requests.ts';
import { readRole, type TokenRole } from './rotation-answers.ts';

/** Where a key is: mount and name, as fleet.yaml's schema has checked them. */
export interface TransitKeyPath {
  mount: string;
  key: string;
}

const short = z.string().max(300);
const Encrypted = z.object({ ciphertext: z.string().max(4096), key_version: z.int().min(1).optional() });
const Decrypted = z.object({ plaintext: z.string().max(4096) });

/** `ttl`, `period`, `creation_ttl`, `explicit_max_ttl` in seconds, `creation_time` in seconds since the epoch. */
const Token = z.object({
  ttl: z.number().min(0),
  period: z.number().min(0).optional(),
  creation_ttl: z.number().min(0),
  creation_time: z.number().min(0),
  explicit_max_ttl: z.number().min(0),
  orphan: z.boolean(),
  renewable: z.boolean().optional(),
  policies: z.array(short).max(200).nullish(),
  identity_policies: z.array(short).max(200).nullish(),
  accessor: short.optional(),
  display_name: short.optional(),
  meta: z.record(short, z.string()).nullish(),
  /** The token role that it was made through. What only the role sets, period and explicit maximum, is not shown (VAULT-FACTS). */
  role: short.optional(),
  /** Seconds since the epoch; absent before the first renewal. */
  last_renewal_time: z.number().min(0).optional(),
  /** RFC 3339, by the server's clock; null where it has no end. */
  expire_time: short.nullish(),
});
export type TokenFacts = z.infer<typeof Token>;

const Key = z.object({
  latest_version: z.int().min(1),
  min_decryption_version: z.int().min(0),
  deletion_allowed: z.boolean(),
  /** When each version was made, seconds since the epoch; of asymmetric keys other things. */
  keys: z.record(short, z.unknown()).optional(),
});
export type TransitKey = z.infer<typeof Key>;

/** By path. More than was asked for is the server's own idea. */
const Capabilities = z.record(short, z.array(z.string().max(40)).max(20));

const readEncrypted = inData(Encrypted);
const readDecrypted = inData(Decrypted);
/** Also what lookup-accessor answers with. */
export const readToken = inData(Token);
const readKey = inData(Key);
const readCapabilities = inData(Capabilities);

const lookupSelf: Call = { method: 'GET', path: '/v1/auth/token/lookup-self', secret: true };
const capabilitiesSelf: Call = { method: 'POST', path: '/v1/sys/capabilities-self', secret: true };

/**
 * One node of a provider. Every call carries a token: full handshakes, and of a refusal only its status is told. Never
 * throws for what a server or network does.
 */
export interface TransitClient {
  readonly address: string;
  /** `plaintext`: base64. */
  encrypt(
    path: TransitKeyPath,
    token: string,
    plaintext: string,
    options?: RequestOptions,
  ): Promise<Answer<z.infer<typeof Encrypted>>>;
  decrypt(
    path: TransitKeyPath,
    token: string,
    ciphertext: string,
    options?: RequestOptions,
  ): Promise<Answer<z.infer<typeof Decrypted>>>;
  /** 403 for a dead token, and for one without the policy `default` (VAULT-FACTS). */
  lookupSelf(token: string, options?: RequestOptions): Promise<Answer<TokenFacts>>;
  /** What the token may do, by path. 403 as for `lookupSelf`. */
  capabilitiesSelf(
    token: string,
    paths: string[],
    options?: RequestOptions,
  ): Promise<Answer<z.infer<typeof Capabilities>>>;
  /** Needs read on the key: the seal's policy has none. */
  key(path: TransitKeyPath, token: string, options?: RequestOptions): Promise<Answer<TransitKey>>;
  /** Needs read on the role. 404: there is none (any more). */
  tokenRole(role: string, token: string, options?: RequestOptions): Promise<Answer<TokenRole>>;
  close(): Promise<void>;
}

export function createTransitClient(settings: VaultClientSettings): TransitClient {
  return new UndiciTransitClient(settings, true);
}

export class UndiciTransitClient extends NodeRequests implements TransitClient {
  encrypt(path: TransitKeyPath, token: string, plaintext: string, options?: RequestOptions) {
    const body = Buffer.from(JSON.stringify({ plaintext }));
    return this.askWithToken(on('encrypt', path), token, options, readEncrypted, { headers: jsonBody, body });
  }

  decrypt(path: TransitKeyPath, token: string, ciphertext: string, options?: RequestOptions) {
    const body = Buffer.from(JSON.stringify({ ciphertext }));
    return this.askWithToken(on('decrypt', path), token, options, readDecrypted, { headers: jsonBody, body });
  }

  lookupSelf(token: string, options?: RequestOptions) {
    return this.askWithToken(lookupSelf, token, options, readToken);
  }

  capabilitiesSelf(token: string, paths: string[], options?: RequestOptions) {
    const body = Buffer.from(JSON.stringify({ paths }));
    const extra = { headers: jsonBody, body };
    return this.askWithToken(capabilitiesSelf, token, options, readCapabilities, extra);
  }

  key({ mount, key }: TransitKeyPath, token: string, options?: RequestOptions) {
    const call: Call = { method: 'GET', path: `/v1/${mount}/keys/${key}`, secret: true };
    return this.askWithToken(call, token, options, readKey);
  }

  tokenRole(role: string, token: string, options?: RequestOptions) {
    const call = ofRole('roles', role);
    if (!call) return this.noRole();
    return this.askWithToken({ ...call, method: 'GET' }, token, options, readRole);
  }

  protected async noRole() {
    const call = { method: 'POST', path: '/v1/auth/token/' } as const;
    return this.unsent(call, 'http', 'not a name of a token role: check rotation.token.role in fleet.yaml');
  }
}

/** Undefined for a name that would lead elsewhere. */
export function ofRole(path: 'create' | 'roles', role: string): Call | undefined {
  return role.includes('/') ? undefined : loginCall(`auth/token/${path}/${role}`);
}

/** Vault takes encryption as an update, where the key is there: the seal's policy needs no more. */
function on(operation: 'encrypt' | 'decrypt', { mount, key }: TransitKeyPath): Call {
  return { method: 'POST', path: `/v1/${mount}/${operation}/${key}`, secret: true };
}
