/** Whether a token role makes tokens that a seal can live with. Pure. */
import type { TokenRole } from '../../vault/rotation-client.ts';
import type { TokenFacts } from '../../vault/transit-client.ts';

/** Seconds; 0: none. */
export const periodOf = ({ token_period, period }: TokenRole): number => token_period || period || 0;

export const explicitMaxOf = (role: TokenRole): number => {
  const ends = [role.token_explicit_max_ttl ?? 0, role.explicit_max_ttl ?? 0].filter(
    (seconds) => seconds > 0,
  );
  return ends.length > 0 ? Math.min(...ends) : 0;
};

export const ownPolicies = (names: readonly string[] | null | undefined): string[] =>
  (names ?? []).filter((name) => name !== 'default').toSorted();

/** What is wrong with the role, with its field and the fix. Undefined: nothing. */
export function roleUnfit(name: string, role: TokenRole): string | undefined {
  const set = (field: string) => `set ${field} of auth/token/roles/${name}`;
  const policies = ownPolicies(role.allowed_policies);
  if (!role.orphan)
    return `token role ${name} makes tokens that die with the login that made them: ${set('orphan=true')}`;
  if (periodOf(role) === 0)
    return `token role ${name} makes tokens that are not periodic: ${set('token_period=768h')}`;
  if (explicitMaxOf(role) > 0)
    return `token role ${name} has an explicit maximum TTL, beyond which nothing renews: ${set('token_explicit_max_ttl=0')}`;
  if (!role.renewable)
    return `token role ${name} makes tokens that cannot be renewed: ${set('renewable=true')}`;
  if (role.token_type?.includes('batch'))
    return `token role ${name} makes batch tokens, which cannot be renewed: ${set('token_type=default-service')}`;
  if (role.token_no_default_policy)
    return `token role ${name} leaves the policy default out, without which a seal cannot renew its token: ${set('token_no_default_policy=false')}`;
  if (policies.length !== 1 || (role.allowed_policies_glob ?? []).length > 0)
    return `token role ${name} must give the seal's policy and no other: ${set('allowed_policies to that one name, allowed_policies_glob to nothing')}`;
  return undefined;
}

/**
 * What was made, beside the role that should have made it. The role's period and maximum are not shown by a token.
 *
 * @param provider whose max_lease_ttl caps every period.
 */
export function madeUnfit(
  name: string,
  role: TokenRole,
  made: TokenFacts,
  provider: string,
): string | undefined {
  const differs = (field: string) =>
    `the token that was made differs from its role (${field}): auth/token/roles/${name} was changed meanwhile`;
  if (!made.orphan) return differs('orphan');
  if (made.explicit_max_ttl > 0) return differs('explicit_max_ttl');
  if (made.renewable !== true) return differs('renewable');
  if (made.creation_ttl < periodOf(role))
    return `the token that was made lives ${made.creation_ttl} s, less than the ${periodOf(role)} s of its role (period): ${provider}'s max_lease_ttl is below token_period of auth/token/roles/${name} (raise the one or lower the other), or the role was changed meanwhile`;
  const policies = [...(made.policies ?? []), ...(made.identity_policies ?? [])];
  if (ownPolicies(policies).join() !== ownPolicies(role.allowed_policies).join()) return differs('policies');
  return policies.includes('default') ? undefined : differs('no policy default');
}
