/**
 * The token with which a transit seal asks its provider: renewed while that suffices, else made anew through a token role.
 * Source: VAULT-FACTS, "Transit seal" and "Tokens by a role".
 */
import type { RotationClient } from '../../vault/rotation-client.ts';
import type { Did, Kind, Orphans } from '../rotation.ts';
import { callMs } from './deadline.ts';
import { periodOf } from './token-role.ts';
import {
  asOurselves,
  done,
  failedBy,
  failure,
  firstThatServes,
  inCall,
  lacks,
  limitOf,
} from './transit-provider.ts';
import { roundTrip } from './transit-round-trip.ts';
import { lookAt } from './transit-token-look.ts';
import { createToken, readRole } from './transit-token-making.ts';
import { endOurs, listOurs, lookUpAccessor, plain } from './transit-token-ours.ts';
import type { TransitTokenCall, TransitTokenPorts } from './transit-token-ports.ts';

/** Vault's default for tokens without a TTL of their own, ms. */
const longestLifeMs = 768 * 3_600_000;

export function transitToken(ports: TransitTokenPorts): Kind {
  /** At the first node that serves, in the time of one call. */
  async function at<T>(ask: (client: RotationClient, call: TransitTokenCall) => Promise<Did<T>>) {
    const call = inCall(ports);
    return firstThatServes(call, (client) => ask(client, call));
  }

  return {
    name: 'transit-token',
    look: (value) => at((client, call) => lookAt(client, value, call)),
    renew: (value) => at((client, call) => renew(client, value, call)),
    create: (id) => createToken(id, ports),
    orphans: (id, { at: noted }) => at((client, call) => orphansAt(client, id, noted, call)),
    exercise: (fresh, value) => at((client, call) => exercise(client, fresh.ref, value, call)),
    end: (ref) => endOurs(ref, inCall(ports)),
    lastUsed: (ref) => at((client, call) => lastUsed(client, ref, call)),
    wrap: (value, ttlSeconds) => at((client, call) => wrap(client, value, ttlSeconds, call)),
  };
}

async function renew(client: RotationClient, value: Buffer, call: TransitTokenCall): Promise<Did<void>> {
  const answer = await client.renewSelf(value.toString().trim(), { timeoutMs: limitOf(call) });
  if (answer.ok) return done;
  const denied = "renew-self is refused (403): the seal's token is dead, or lacks the policy default";
  return failedBy(answer.error, client, denied);
}

async function orphansAt(
  client: RotationClient,
  id: string,
  at: number,
  ports: TransitTokenCall,
): Promise<Did<Orphans>> {
  const listed = await listOurs(client, ports);
  if (!listed.ok) return listed;
  if (listed.value.listed) {
    const end = listed.value.ours.filter(({ rotation }) => rotation === id).map(({ ref }) => ref);
    return { ok: true, value: { state: 'known', end } };
  }
  const role = await readRole(client, ports);
  const lifeMs = role.ok ? periodOf(role.value) * 1000 || longestLifeMs : longestLifeMs;
  // Its life begins when the request arrives, which is not before it was written down, and within the time of the call.
  const madeBy = at + callMs;
  const usableUntil = madeBy + ports.wrapTtlSeconds * 1000;
  const unseen = role.ok ? '' : ` How long its tokens live is not seen either: ${role.detail}.`;
  const why = `A token that nobody holds may have been made. It outlives its wrapping token, and ends by itself; but from ${new Date(usableUntil).toISOString()} on nobody can take it out any more. It is not seen: ${listed.value.why}.${unseen}`;
  return { ok: true, value: { state: 'unseen', until: madeBy + lifeMs, usableUntil, why } };
}

/**
 * By our clock: how long ago it was renewed, is told by the provider's, which says what time it has where the token has an end.
 * Source: vault/token_store.go, `handleLookup`: `last_renewal_time` in seconds, from the first renewal on.
 */
async function lastUsed(
  client: RotationClient,
  ref: string,
  ports: TransitTokenCall,
): Promise<Did<number | undefined>> {
  // Nobody learned the accessor: nothing of it is to be seen.
  if (ref === '') return done;
  const looked = await lookUpAccessor(client, ref, ports);
  if (!looked.ok) return looked;
  const { last_renewal_time: renewed, expire_time, ttl = 0 } = looked.value ?? {};
  if (renewed === undefined) return done;
  // `ttl` is without its fraction of a second: the provider's time is that or up to a second earlier.
  const theirs = Date.parse(expire_time ?? '') - (ttl + 1) * 1000;
  const now = ports.clock.now();
  const skew = Number.isFinite(theirs) ? now - theirs : 0;
  return { ok: true, value: renewed * 1000 + skew };
}

async function exercise(
  client: RotationClient,
  ref: string,
  value: Buffer | undefined,
  ports: TransitTokenCall,
): Promise<Did<void>> {
  if (!value) return failure('odd', 'there is no token to try');
  // Exactly as a node is given it: a line break at its end is part of it, and a seal does not start with it.
  const token = value.toString();
  const [looked, tried] = [
    await client.lookupSelf(token, { timeoutMs: limitOf(ports) }),
    await roundTrip(client, token, ports),
  ];
  // Of a token without the policy default nobody learned the accessor.
  if (ref !== '' && looked.ok && looked.body.accessor !== undefined && looked.body.accessor !== ref)
    return failure('wrong', 'it is another token than the one that was made');
  if (tried.ok) return done;
  const isDead = tried.code === 'denied' && !looked.ok && looked.error.status === 403;
  return isDead
    ? failure('dead', `${ports.provider} does not know the token any more, or ${tried.detail}`)
    : tried;
}

async function wrap(
  client: RotationClient,
  value: Buffer,
  ttlSeconds: number,
  ports: TransitTokenCall,
): Promise<Did<string>> {
  const wrapped = await asOurselves(
    client,
    ports,
    (token, options) => client.wrap(value, ttlSeconds, token, options),
    `wrapping ${lacks(ports, 'sys/wrapping/wrap', 'update')} (the policy default has it)`,
  );
  return wrapped.ok ? { ok: true, value: wrapped.value.token } : plain(wrapped);
}
