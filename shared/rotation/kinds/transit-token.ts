/**
 * The token with which a transit seal asks its provider: renewed while that suffices, else made anew through a token role.
 * Source: VAULT-FACTS, "Transit seal" and "Tokens by a role".
 */
import type { RotationClient } from '../../vault/rotation-client.ts';
import type { Did, Kind, Orphans } from '../rotation.ts';
import { periodOf } from './token-role.ts';
import { asOurselves, done, failedBy, failure, firstThatServes, lacks } from './transit-provider.ts';
import { roundTrip } from './transit-round-trip.ts';
import { lookAt } from './transit-token-look.ts';
import { createToken, readRole } from './transit-token-making.ts';
import { endOurs, listOurs, plain } from './transit-token-ours.ts';
import { type TransitTokenPorts } from './transit-token-ports.ts';

/** Vault's default for tokens without a TTL of their own, ms. */
const longestLifeMs = 768 * 3_600_000;

export function transitToken(ports: TransitTokenPorts): Kind {
  return {
    name: 'transit-token',
    look: (value) => firstThatServes(ports, (client) => lookAt(client, value, ports)),
    renew: (value) => firstThatServes(ports, (client) => renew(client, value, ports)),
    create: (id) => createToken(id, ports),
    orphans: (id, { at }) => firstThatServes(ports, (client) => orphansAt(client, id, at, ports)),
    exercise: (fresh, value) => firstThatServes(ports, (client) => exercise(client, fresh.ref, value, ports)),
    end: (ref) => endOurs(ref, ports),
    wrap: (value, ttlSeconds) => firstThatServes(ports, (client) => wrap(client, value, ttlSeconds, ports)),
  };
}

async function renew(
  client: RotationClient,
  value: Buffer,
  { timeoutMs }: TransitTokenPorts,
): Promise<Did<void>> {
  const answer = await client.renewSelf(value.toString().trim(), { timeoutMs });
  if (answer.ok) return done;
  const denied = "renew-self is refused (403): the seal's token is dead, or lacks the policy default";
  return failedBy(answer.error, client, denied);
}

async function orphansAt(
  client: RotationClient,
  id: string,
  at: number,
  ports: TransitTokenPorts,
): Promise<Did<Orphans>> {
  const listed = await listOurs(client, ports);
  if (!listed.ok) return listed;
  if (listed.value.listed) {
    const end = listed.value.ours.filter(({ rotation }) => rotation === id).map(({ ref }) => ref);
    return { ok: true, value: { state: 'known', end } };
  }
  const role = await readRole(client, ports);
  const lifeMs = role.ok ? periodOf(role.value) * 1000 || longestLifeMs : longestLifeMs;
  const until = role.ok ? '' : ` How long its tokens live is not seen either: ${role.detail}.`;
  const why = `A token that nobody holds may have been made, and ends by itself. It is not seen: ${listed.value.why}.${until}`;
  // Its life begins when the request arrives, which is not before it was written down, and within the time limit.
  const value = { state: 'unseen', until: at + ports.timeoutMs + lifeMs, why } as const;
  return { ok: true, value };
}

async function exercise(
  client: RotationClient,
  ref: string,
  value: Buffer | undefined,
  ports: TransitTokenPorts,
): Promise<Did<void>> {
  if (!value) return failure('odd', 'there is no token to try');
  // Exactly as a node is given it: a line break at its end is part of it, and a seal does not start with it.
  const token = value.toString();
  const [looked, tried] = [
    await client.lookupSelf(token, { timeoutMs: ports.timeoutMs }),
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
  ports: TransitTokenPorts,
): Promise<Did<string>> {
  const wrapped = await asOurselves(
    client,
    ports,
    (token, options) => client.wrap(value, ttlSeconds, token, options),
    `wrapping ${lacks(ports, 'sys/wrapping/wrap', 'update')} (the policy default has it)`,
  );
  return wrapped.ok ? { ok: true, value: wrapped.value.token } : plain(wrapped);
}
