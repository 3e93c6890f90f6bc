/** Which clusters a rotation touches beside its own. Pure. */
import { credentialNames, livePlaces, ownReference, triedWith } from '../../fleet/credentials.ts';
import type { Cluster, Fleet } from '../../fleet/fleet.ts';
import { placeOf } from '../../fleet/reference.ts';
import { isSecret } from '../../rotation/plan/policy.ts';
import type { KindName } from '../../rotation/rotation.ts';

/**
 * Names of the clusters, sorted, whose transit seals lead back to each other with this one: they are never rotated at
 * the same time. Alone where it is in no cycle: also where it only hangs on one.
 */
export function cycleOf(clusters: readonly Cluster[], name: string): string[] {
  const providers = new Map(
    clusters.flatMap(({ name: own, seal }) => (seal.type === 'transit' ? [[own, seal.provider]] : [])),
  );
  // A seal has one provider: there is one way, and it comes back or it does not.
  const way = [name];
  for (let next = providers.get(name); next !== undefined && next !== name; next = providers.get(next)) {
    if (way.includes(next)) return [name];
    way.push(next);
  }
  return providers.has(way.at(-1) ?? name) ? way.toSorted() : [name];
}

/**
 * Clusters that unseal with the same credential, this one among them, in the order of fleet.yaml. Whoever reads what this
 * one's sinks write is one, whatever its own reference is called: it gets what is delivered there.
 */
export function consumersOf({ clusters }: Fleet, cluster: Cluster, kind: KindName): Cluster[] {
  const own = credentialNames[kind](cluster.seal);
  const delivered = isSecret(kind) ? livePlaces(cluster.rotation?.sinks ?? []) : [];
  const reads = ({ seal }: Cluster) => {
    const at = ownReference(seal);
    return at !== undefined && delivered.includes(placeOf(at.reference));
  };
  return clusters.filter(
    (other) =>
      other.name === cluster.name ||
      (own !== undefined && credentialNames[kind](other.seal) === own) ||
      reads(other),
  );
}

/**
 * What a rotation of a cluster rotates, for people, and to tell whether fleet.yaml still means the same: by its provider, by
 * where it is read from and by what it is tried with, however these are spelt. Holds no secret.
 *
 * @throws where the seal has none such: no fleet.yaml that asks for its rotation is accepted.
 */
export function credentialOf({ name: cluster, seal }: Cluster, kind: KindName): string {
  const name = credentialNames[kind](seal);
  if (name === undefined) throw new Error(`the seal of ${cluster} has no ${kind}`);
  const tried = triedWith[kind](seal);
  return tried === undefined ? name : `${name}, tried with ${tried}`;
}

/**
 * What a rotation locks: the credential by every name that a consumer has for it, whichever entry rotates it; and each
 * cluster that unseals others which unseal it, for those are never without both at the same time.
 *
 * One lock a cluster: a cycle that an edit of fleet.yaml makes longer still has members in common with what it was.
 *
 * @param consumers as `consumersOf` has them.
 */
export function locksFor(
  { clusters }: Pick<Fleet, 'clusters'>,
  consumers: readonly Cluster[],
  kind: KindName,
): string[] {
  const names = consumers.flatMap(({ seal }) => credentialNames[kind](seal) ?? []);
  const members = consumers
    .map(({ name }) => cycleOf(clusters, name))
    .filter(({ length }) => length > 1)
    .flat()
    .map((name) => `cycle-member ${name}`);
  return [...new Set([...names, ...members])];
}
