/** A transit seal's token as it is now: whether it works, when it ends, and what a renewal does to that. */
import type { SealToken } from '../../readiness/exercise/transit-exercise.ts';
import type { RotationClient } from '../../vault/rotation-client.ts';
import type { TokenFacts } from '../../vault/transit-client.ts';
import type { Did, Look } from '../rotation.ts';
import { explicitMaxOf, ownPolicies, periodOf } from './token-role.ts';
import { asOurselves, type Failed, failedBy, failure, limitOf, policyLine } from './transit-provider.ts';
import { roundTrip } from './transit-round-trip.ts';
import { readRole } from './transit-token-making.ts';
import { oursOf } from './transit-token-ours.ts';
import type { TransitTokenCall, TransitTokenPorts } from './transit-token-ports.ts';

type Current = Look['current'];

/** At one node: failures that are its own are told, and another is asked. */
export async function lookAt(
  client: RotationClient,
  value: Buffer | undefined,
  ports: TransitTokenCall,
): Promise<Did<Look>> {
  if (!value) {
    const why = "the reference to the seal's token leads to nothing that can be read";
    return { ok: true, value: { current: { state: 'unknown', why }, ours: [], foreign: [] } };
  }
  // Files add a line break, which is no part of the token.
  const token = value.toString().trim();
  const looked = await client.lookupSelf(token, { timeoutMs: limitOf(ports) });
  const facts = looked.ok ? looked.body : failedBy(looked.error, client, 'lookup-self is refused (403)');
  if ('ok' in facts && facts.code !== 'denied' && facts.code !== 'dead') return facts;
  const tried = await tryIt(client, token, ports);
  if (!tried.ok && tried.code !== 'denied' && tried.code !== 'dead') return tried;
  const lost = 'ok' in facts;
  const { current, foreign } = tried.ok
    ? lost
      ? withoutFacts(ports)
      : await withFacts(client, facts, ports)
    : { current: await notWorking(client, facts, tried, ports), foreign: [] };
  // Others of ours are not listed: that takes a request for each token of the provider, at each look.
  const ours = lost ? [] : oursOf(facts.accessor ?? '', facts, ports).filter(({ ref }) => ref !== '');
  return { ok: true, value: { current, ours, foreign } };
}

/** A token that may create keys would make a new one where the old is gone, and it would look well. */
async function tryIt(client: RotationClient, token: string, ports: TransitTokenCall): Promise<Did<number>> {
  const key = await keyThere(client, ports);
  if (key === 'gone')
    return failure(
      'wrong',
      `${ports.provider} has no transit key ${ports.key} (404): a new token would not mend that`,
    );
  return roundTrip(client, token, ports);
}

async function keyThere(
  client: RotationClient,
  ports: TransitTokenCall,
): Promise<'there' | 'gone' | 'unseen'> {
  const { error, ok } = await asOurselves(
    client,
    ports,
    (token, options) => client.key(ports, token, options),
    'not read',
  );
  if (ok) return 'there';
  return error?.status === 404 ? 'gone' : 'unseen';
}

async function notWorking(
  client: RotationClient,
  facts: TokenFacts | Failed,
  { detail }: Failed,
  ports: TransitTokenCall,
): Promise<Current> {
  if ('ok' in facts)
    return {
      state: 'dead',
      why: `${ports.provider} does not know the seal's token any more, or it may do nothing`,
    };
  if ((await keyThere(client, ports)) === 'there')
    return { state: 'dead', why: `the seal's token lives, but ${detail}` };
  return { state: 'unknown', why: `the seal's token lives, but ${detail}; or the key is gone` };
}

function withoutFacts({ provider }: Pick<TransitTokenPorts, 'provider'>): {
  current: Current;
  foreign: string[];
} {
  const line = `The seal's token works, but ${provider} does not let it look itself up or renew itself (403): give it the policy default. When it ends cannot be seen.`;
  return { current: { state: 'works', renewable: false }, foreign: [line] };
}

async function withFacts(
  client: RotationClient,
  facts: TokenFacts,
  ports: TransitTokenCall,
): Promise<{ current: Current; foreign: string[] }> {
  const byRole = await limitsByRole(client, facts, ports);
  const now = ports.clock.now();
  const { ttl, creation_time, creation_ttl, accessor } = facts;
  const periodMs = byRole.period * 1000;
  // A period above the provider's max_lease_ttl gives no more than that: what it was given at first tells.
  const lives = [periodMs, creation_ttl * 1000].filter((ms) => ms > 0);
  const lifeMs = lives.length > 0 ? Math.min(...lives) : 0;
  const neverEnds = ttl === 0 && creation_ttl === 0;
  const last =
    byRole.explicitMax > 0 ? (creation_time + byRole.explicitMax) * 1000 : Number.POSITIVE_INFINITY;
  const unfit = byRole.unfit ?? ports.unfit(sealTokenOf(facts, byRole, now));
  const current: Current = {
    state: 'works',
    ...(accessor !== undefined && { ref: accessor }),
    madeAt: creation_time * 1000,
    ...(!neverEnds && { endsAt: Math.min(now + ttl * 1000, last), lifeMs }),
    renewable: facts.renewable === true && byRole.renews && !neverEnds && last >= now + lifeMs,
    ...(unfit !== undefined && { unfit }),
  };
  return { current, foreign: byRole.told };
}

interface Limits {
  /** Seconds; 0: none. */
  period: number;
  explicitMax: number;
  /** A renewal is for its whole life. */
  renews: boolean;
  unfit?: string;
  /** For people. */
  told: string[];
}

/** A token shows nothing of the period and the maximum that its role gives it, and dies with the role (VAULT-FACTS). */
async function limitsByRole(
  client: RotationClient,
  facts: TokenFacts,
  ports: TransitTokenCall,
): Promise<Limits> {
  const { role: name, period = 0, explicit_max_ttl: explicitMax } = facts;
  const own = { period, explicitMax, renews: period > 0, told: [] };
  if (name === undefined || name === '') return own;
  if (name !== ports.role) {
    const unfit =
      'it was made through another token role than rotation.token.role names: what that role does to it is not seen';
    return { ...own, unfit };
  }
  const role = await readRole(client, ports);
  if (!role.ok && role.code === 'wrong') {
    const unfit = `the token role ${name} that made it is gone: nothing renews it any more`;
    return { ...own, renews: false, unfit };
  }
  if (!role.ok) {
    const told = `Whether the seal's token is periodic is not seen: the role that made it is not read. Rotate's login at ${ports.provider} needs ${policyLine(`auth/token/roles/${name}`, 'read')}.`;
    // Not called periodic, nor the opposite: what its life looks like is all that is known.
    return { ...own, period: period || facts.creation_ttl, renews: true, told: [told] };
  }
  const ofRole = explicitMaxOf(role.value);
  const least = [explicitMax, ofRole].filter((seconds) => seconds > 0);
  const [given, has] = [ownPolicies(role.value.allowed_policies), ownPolicies(facts.policies)];
  const more = has.filter((policy) => !given.includes(policy));
  return {
    period: periodOf(role.value) || period,
    explicitMax: least.length > 0 ? Math.min(...least) : 0,
    renews: periodOf(role.value) > 0 || period > 0,
    ...(more.length > 0 && {
      unfit: `it has ${more.length} policies that its token role does not give (any more)`,
    }),
    told: [],
  };
}

function sealTokenOf(facts: TokenFacts, { period, explicitMax }: Limits, now: number): SealToken {
  const { ttl, creation_ttl, creation_time, orphan, renewable, policies, identity_policies } = facts;
  return {
    ttlMs: ttl * 1000,
    periodMs: period * 1000,
    creationTtlMs: creation_ttl * 1000,
    explicitMaxTtlMs: explicitMax * 1000,
    ageMs: Math.max(0, now - creation_time * 1000),
    orphan,
    renewable: renewable ?? false,
    policies: [...new Set([...(policies ?? []), ...(identity_policies ?? [])])].toSorted(),
  };
}
