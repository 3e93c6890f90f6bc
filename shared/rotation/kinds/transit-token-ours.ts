/** Tokens that rotations of one cluster's seal made, told by their meta; and their end. */
import type { RotationClient } from '../../vault/rotation-client.ts';
import type { TokenFacts } from '../../vault/transit-client.ts';
import type { Did, Look } from '../rotation.ts';
import { asOurselves, done, type Failed, failure, firstThatServes, lacks } from './transit-provider.ts';
import {
  clusterMeta,
  rotationMeta,
  type TransitTokenCall,
  type TransitTokenPorts,
} from './transit-token-ports.ts';

export type Ours = Look['ours'][number];

/** More tokens than that are not looked through one by one. */
const mostAccessors = 2_000;
const atOnce = 8;

/** The id of the rotation that made it, where it was one of this cluster. */
export function rotationOf({ meta }: TokenFacts, cluster: string): string | undefined {
  return meta?.[clusterMeta] === cluster ? meta[rotationMeta] : undefined;
}

export function oursOf(
  ref: string,
  facts: TokenFacts,
  ports: Pick<TransitTokenPorts, 'cluster' | 'clock'>,
): Ours[] {
  const rotation = rotationOf(facts, ports.cluster);
  if (rotation === undefined) return [];
  const { creation_time, creation_ttl, ttl } = facts;
  const ends = ttl > 0 || creation_ttl > 0;
  return [
    {
      rotation,
      ref,
      madeAt: creation_time * 1000,
      ...(ends && { endsAt: ports.clock.now() + ttl * 1000 }),
    },
  ];
}

/** `listed` false: the list is not for us, or too long; why. */
export type Listed = { listed: true; ours: Ours[] } | { listed: false; why: string };

export async function listOurs(client: RotationClient, given: TransitTokenCall): Promise<Did<Listed>> {
  const ports = { ...given, ownToken: kept(given.ownToken) };
  const accessors = await asOurselves(
    client,
    ports,
    (token, options) => client.listAccessors(token, options),
    `list of accessors ${lacks(ports, 'auth/token/accessors', 'list', 'sudo')}`,
  );
  if (!accessors.ok) {
    const { code, detail } = accessors;
    return code === 'denied' ? { ok: true, value: { listed: false, why: detail } } : failure(code, detail);
  }
  const { value } = accessors;
  if (value.length > mostAccessors) {
    const why = `${ports.provider} has ${value.length} tokens: more than ${mostAccessors} are not looked through`;
    return { ok: true, value: { listed: false, why } };
  }
  const ours: Ours[] = [];
  for (let from = 0; from < value.length; from += atOnce) {
    if (ports.deadline.left() < ports.timeoutMs) {
      const why = `${ports.provider} has ${value.length} tokens: to look through them takes too long`;
      return { ok: true, value: { listed: false, why } };
    }
    const some = value.slice(from, from + atOnce);
    const looked = await Promise.all(some.map((accessor) => lookUpAccessor(client, accessor, ports)));
    for (const [index, did] of looked.entries()) {
      if (!did.ok) return did;
      const accessor = some[index];
      // One that ended since it was listed.
      if (did.value && accessor !== undefined) ours.push(...oursOf(accessor, did.value, ports));
    }
  }
  return { ok: true, value: { listed: true, ours } };
}

/** One token for all lookups, unless it is refused. */
function kept(ownToken: TransitTokenPorts['ownToken']): TransitTokenPorts['ownToken'] {
  if (!ownToken) return undefined;
  let last: ReturnType<typeof ownToken> | undefined;
  return (client, refused) => {
    if (refused || !last) last = ownToken(client, refused);
    return last;
  };
}

/** Undefined: there is no such token (any more). */
export async function lookUpAccessor(
  client: RotationClient,
  accessor: string,
  ports: TransitTokenCall,
): Promise<Did<TokenFacts | undefined>> {
  const did = await asOurselves(
    client,
    ports,
    (token, options) => client.lookupAccessor(accessor, token, options),
    `lookup ${lacks(ports, 'auth/token/lookup-accessor', 'update')}`,
  );
  return did.ok ? { ok: true, value: did.value } : plain(did);
}

/** Ends what a rotation of this cluster made, and nothing else: what it is, is looked up first. */
export function endOurs(ref: string, ports: TransitTokenCall): Promise<Did<void>> {
  return firstThatServes(ports, async (client): Promise<Did<void>> => {
    const looked = await lookUpAccessor(client, ref, ports);
    if (!looked.ok) return looked;
    if (!looked.value) return done;
    if (rotationOf(looked.value, ports.cluster) === undefined)
      return failure(
        'wrong',
        `accessor ${ref} is of a token that no rotation of ${ports.cluster} made: it is not ended`,
      );
    const ended = await asOurselves(
      client,
      ports,
      (token, options) => client.revokeAccessor(ref, token, options),
      `revocation ${lacks(ports, 'auth/token/revoke-accessor', 'update')}`,
      'change',
    );
    return ended.ok ? done : plain(ended);
  });
}

/** Without what only this room needs. */
export function plain({ code, detail }: Failed): Failed {
  return failure(code, detail);
}
