/** What a transit seal's token is, and may do, asked with the token itself. */

import type { TransitClient } from '../../vault/transit-client.ts';
import type { Tried } from '../readiness.ts';
import type { Given } from './transit.ts';
import type { Rights, SealToken, TransitFailure } from './transit-exercise.ts';
import { failed, policyLine } from './transit-failure.ts';

/** @param own Sealwatch's own token: for the role that made the seal's. @param timeoutMs for a request. @param now ms. */
export async function lookUp(
  client: TransitClient,
  token: string,
  own: Given | undefined,
  timeoutMs: number,
  now: number,
): Promise<Tried<SealToken, TransitFailure>> {
  const answer = await client.lookupSelf(token, { timeoutMs });
  if (!answer.ok) return failed(answer.error, client, denied('auth/token/lookup-self'));
  const { ttl, period, creation_ttl, creation_time, explicit_max_ttl, orphan, renewable } = answer.body;
  const { policies, identity_policies, role } = answer.body;
  const names = [...(policies ?? []), ...(identity_policies ?? [])].map((name) => shownPolicy(name, token));
  const value: SealToken = {
    ttlMs: ttl * 1000,
    periodMs: (period ?? 0) * 1000,
    creationTtlMs: creation_ttl * 1000,
    explicitMaxTtlMs: explicit_max_ttl * 1000,
    ageMs: Math.max(0, now - creation_time * 1000),
    orphan,
    renewable: renewable ?? false,
    policies: [...new Set(names)].toSorted(),
  };
  if (role === undefined || role === '') return { ok: true, value };
  return { ok: true, value: await withRole(value, shownPolicy(role, token), client, own, timeoutMs) };
}

/** A token shows neither the period nor the maximum that its role gives it, and is not renewed without the role (VAULT-FACTS). */
async function withRole(
  token: SealToken,
  name: string,
  client: TransitClient,
  own: Given | undefined,
  timeoutMs: number,
): Promise<SealToken> {
  const unseen = (why: string): SealToken => ({ ...token, role: { name, limits: 'unseen', why } });
  const line = policyLine(`auth/token/roles/${name}`, 'read');
  if (!own?.ok) return unseen(own ? own.why : `a login at the provider with ${line} is not in fleet.yaml`);
  const answer = await client.tokenRole(name, own.value, { timeoutMs });
  if (!answer.ok && answer.error.status === 404) return { ...token, role: { name, limits: 'gone' } };
  if (!answer.ok)
    return unseen(failed(answer.error, client, { code: 'denied', detail: `it needs ${line}` }).detail);
  const { token_period, period, token_explicit_max_ttl, explicit_max_ttl } = answer.body;
  const maxima = [
    token.explicitMaxTtlMs,
    (token_explicit_max_ttl ?? 0) * 1000,
    (explicit_max_ttl ?? 0) * 1000,
  ];
  const set = maxima.filter((ms) => ms > 0);
  return {
    ...token,
    periodMs: (token_period || period || 0) * 1000 || token.periodMs,
    explicitMaxTtlMs: set.length > 0 ? Math.min(...set) : 0,
    role: { name, limits: 'seen' },
  };
}

/** @param paths that are of interest; what the answer says of others is left out. */
export async function readRights(
  client: TransitClient,
  token: string,
  timeoutMs: number,
  paths: string[],
): Promise<Tried<Rights, TransitFailure>> {
  const answer = await client.capabilitiesSelf(token, paths, { timeoutMs });
  if (!answer.ok) return failed(answer.error, client, denied('sys/capabilities-self'));
  const rights = paths.map((path) => [
    path,
    words.filter((word) => answer.body[path]?.includes(word) === true),
  ]);
  return { ok: true, value: Object.fromEntries(rights) as Rights };
}

const words = ['create', 'read', 'update', 'patch', 'delete', 'list', 'sudo', 'root'];

function denied(path: string) {
  return {
    code: 'denied',
    detail: `${path} is refused (403): give the token the policy default beside its own`,
  } as const;
}

/**
 * A server that is no friend could call a policy after our token, in whatever encoding: Vault's own names are lower case,
 * which tokens and base64 are not, and a token's hex is longer.
 */
function shownPolicy(name: string, token: string): string {
  const isName = /^[a-z0-9][a-z0-9 _./-]{0,47}$/.test(name) && !name.includes(token);
  return isName || name === 'root' ? name : '(a name that is not shown)';
}
