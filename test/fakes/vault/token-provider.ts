/**
 * A fake of a transit seal's provider, for what real servers do not do on request: tokens by a role, response wrapping,
 * accessors, and the versions of one key, answered as Vault 1.21.0 was seen to (VAULT-FACTS). It encrypts nothing.
 */
import { randomBytes } from 'node:crypto';
import type { Received } from '../hostile/endpoint.ts';
import type { Served } from './way.ts';

export interface FakeToken {
  accessor: string;
  policies: string[];
  meta: Record<string, string> | null;
  role?: string;
  path: string;
  /** Seconds. */
  creation_time: number;
  creation_ttl: number;
  ttl: number;
  period?: number;
  explicit_max_ttl: number;
  orphan: boolean;
  renewable: boolean;
  /** Not shown before a renewal. */
  last_renewal_time?: number;
}

interface Wrapped {
  path: string;
  made: { token: string } | { value: unknown };
}

const ok = (data: unknown): Served => ({ status: 200, body: { request_id: 'x', data } });
const refused = (status: number, ...errors: string[]): Served => ({ status, body: { errors } });
const denied = refused(403, '1 error occurred:\n\t* permission denied\n\n');
const badToken = refused(403, '2 errors occurred:\n\t* permission denied\n\t* invalid token\n\n');

export class FakeTokenProvider {
  readonly tokens = new Map<string, FakeToken>();
  readonly wrapped = new Map<string, Wrapped>();
  /** Seconds. */
  now = 1_795_000_000;
  role: Record<string, unknown> | undefined = {
    orphan: true,
    renewable: true,
    token_period: 86_400,
    token_explicit_max_ttl: 0,
    allowed_policies: ['seal-payments'],
    allowed_policies_glob: [],
    token_no_default_policy: false,
    token_type: 'default-service',
  };
  /** Of the key: when each version was made, seconds. */
  versions: number[] = [1_790_000_000];
  minimum = 1;
  keyGone = false;
  /** Paths that nobody may use, by how they begin. */
  readonly deny = new Set<string>();
  /** Paths over their quota, by how they begin. */
  readonly throttle = new Set<string>();
  /** Paths without a leader, by how they begin. */
  readonly leaderless = new Set<string>();
  /** Where wrapped things say that they were made. */
  creationPath: string | undefined;
  /** Nodes that lag behind encrypt with an older version. */
  encryptsWith: number | undefined;
  /** What the role gives else than it says. */
  makes: Partial<FakeToken> = {};

  add(over: Partial<FakeToken> = {}): string {
    const token = `hvs.${randomBytes(24).toString('base64url')}`;
    this.tokens.set(token, {
      accessor: randomBytes(18).toString('base64url'),
      policies: ['default', 'seal-payments'],
      meta: null,
      path: 'auth/token/create-orphan',
      creation_time: this.now,
      creation_ttl: 86_400,
      ttl: 80_000,
      explicit_max_ttl: 0,
      orphan: true,
      renewable: true,
      ...over,
    });
    return token;
  }

  /** Of what a seal could use. */
  accessors(): string[] {
    return [...this.tokens.values()]
      .filter(({ policies }) => policies.includes('seal-payments'))
      .map(({ accessor }) => accessor);
  }

  byAccessor(accessor: unknown): [string, FakeToken] | undefined {
    return [...this.tokens].find(([, token]) => token.accessor === accessor);
  }

  serve = ({ method, path: whole, headers, body }: Received): Served => {
    const path = whole.replace(/^\/v1\//, '');
    const given = String(headers['x-vault-token'] ?? '');
    if ([...this.leaderless].some((start) => path.startsWith(start))) return refused(503);
    if (path.startsWith('sys/wrapping/') && path !== 'sys/wrapping/wrap') return this.#unwrap(path, given);
    const token = this.tokens.get(given);
    if (!token) return badToken;
    if ([...this.deny].some((start) => path.startsWith(start))) return denied;
    if ([...this.throttle].some((start) => path.startsWith(start))) return refused(429);
    const json = body === '' ? {} : (JSON.parse(body) as Record<string, unknown>);
    const ttl = headers['x-vault-wrap-ttl'];
    switch (path) {
      case 'auth/token/lookup-self':
        return token.policies.includes('default') ? ok(this.#shown(token, given)) : denied;
      case 'auth/token/renew-self':
        token.ttl = token.creation_ttl;
        token.last_renewal_time = this.now;
        return {
          status: 200,
          body: { auth: { client_token: given, lease_duration: token.ttl, renewable: true } },
        };
      case 'auth/token/accessors?list=true':
        return ok({ keys: [...this.tokens.values()].map(({ accessor }) => accessor) });
      case 'auth/token/lookup-accessor': {
        const found = this.byAccessor(json['accessor']);
        return found
          ? ok(this.#shown(found[1], ''))
          : refused(400, '1 error occurred:\n\t* invalid accessor\n\n');
      }
      case 'auth/token/revoke-accessor': {
        const found = this.byAccessor(json['accessor']);
        if (!found)
          return { status: 200, body: { request_id: 'x', warnings: ['No token found with this accessor'] } };
        this.tokens.delete(found[0]);
        return { status: 204 };
      }
      case 'auth/token/roles/seal-payments':
        return this.role ? ok(this.role) : refused(404);
      case 'auth/token/create/seal-payments':
        return this.role ? this.#create(json, path) : refused(400, 'unknown role seal-payments');
      case 'sys/wrapping/wrap':
        return ttl === undefined ? refused(400) : this.#wrap(path, { value: json['value'] });
      default:
        return token.policies.includes('root') || path.includes('crypt/')
          ? this.#key(method, path, token, json)
          : denied;
    }
  };

  #shown(token: FakeToken, id: string): object {
    return { ...token, id, expire_time: new Date((this.now + token.ttl) * 1000).toISOString() };
  }

  #create(json: Record<string, unknown>, path: string): Served {
    const period = Number(this.role?.['token_period']);
    const token = this.add({
      meta: json['meta'] as Record<string, string>,
      role: 'seal-payments',
      path,
      creation_ttl: period,
      ttl: period,
      ...this.makes,
    });
    return this.#wrap(path, { token });
  }

  #wrap(path: string, made: Wrapped['made']): Served {
    const token = `hvs.wrapping-${randomBytes(24).toString('base64url')}`;
    this.wrapped.set(token, { path: this.creationPath ?? path, made });
    const inside = 'token' in made ? this.tokens.get(made.token) : undefined;
    const wrap_info = {
      token,
      accessor: 'of-the-wrapping-token',
      ttl: 120,
      creation_time: new Date(this.now * 1000).toISOString(),
      creation_path: path,
      ...(inside && { wrapped_accessor: inside.accessor }),
    };
    return { status: 200, body: { request_id: '', data: null, wrap_info } };
  }

  #unwrap(path: string, given: string): Served {
    const found = this.wrapped.get(given);
    if (!found) return refused(400, 'wrapping token is not valid or does not exist');
    if (path === 'sys/wrapping/lookup') return ok({ creation_path: found.path, creation_ttl: 120 });
    this.wrapped.delete(given);
    if ('value' in found.made) return ok({ value: found.made.value });
    const { token } = found.made;
    const accessor = this.tokens.get(token)?.accessor ?? 'revoked-since';
    return {
      status: 200,
      body: { auth: { client_token: token, accessor, lease_duration: 1, renewable: true } },
    };
  }

  #key(method: string, path: string, { policies }: FakeToken, json: Record<string, unknown>): Served {
    const [, operation, , action] = path.split('/');
    if (operation === 'encrypt' || operation === 'decrypt') {
      if (!policies.includes('seal-payments')) return denied;
      if (this.keyGone) return denied;
      if (operation === 'decrypt') return ok({ plaintext: String(json['ciphertext']).split(':')[2] });
      const key_version = this.encryptsWith ?? this.versions.length;
      return ok({ ciphertext: `vault:v${key_version}:${json['plaintext'] as string}`, key_version });
    }
    if (this.keyGone) return refused(method === 'GET' ? 404 : 400);
    if (action === 'rotate') this.versions.push(this.now);
    if (action === 'config') this.minimum = Number(json['min_decryption_version']);
    const shown = this.versions.flatMap((made, at) =>
      at + 1 >= this.minimum ? [[String(at + 1), made]] : [],
    );
    return ok({
      latest_version: this.versions.length,
      min_decryption_version: this.minimum,
      deletion_allowed: false,
      keys: Object.fromEntries(shown) as unknown,
    });
  }
}
