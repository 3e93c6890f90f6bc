/** What a transit seal's token is, and may do, asked with the token itself. */

import type { TransitClient } from '../../vault/transit-client.ts';
import type { Tried } from '../readiness.ts';
import type { Rights, SealToken, TransitFailure } from './transit-exercise.ts';
import { failed } from './transit-failure.ts';

/** @param timeoutMs for the request. @param now ms. */
export async function lookUp(
  client: TransitClient,
  token: string,
  timeoutMs: number,
  now: number,
): Promise<Tried<SealToken, TransitFailure>> {
  const answer = await client.lookupSelf(token, { timeoutMs });
  if (!answer.ok) return failed(answer.error, client, denied('auth/token/lookup-self'));
  const { ttl, period, creation_ttl, creation_time, explicit_max_ttl, orphan, renewable } = answer.body;
  const { policies, identity_policies } = answer.body;
  const names = [...(policies ?? []), ...(identity_policies ?? [])].map((name) => shownPolicy(name, token));
  return {
    ok: true,
    value: {
      ttlMs: ttl * 1000,
      periodMs: (period ?? 0) * 1000,
      creationTtlMs: creation_ttl * 1000,
      explicitMaxTtlMs: explicit_max_ttl * 1000,
      ageMs: Math.max(0, now - creation_time * 1000),
      orphan,
      renewable: renewable ?? false,
      policies: [...new Set(names)].toSorted(),
    },
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
