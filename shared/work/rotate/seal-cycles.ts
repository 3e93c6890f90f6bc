/** Which clusters a rotation touches beside its own. Pure. */
import { credentialNames } from '../../fleet/credentials.ts';
import type { Cluster, Fleet } from '../../fleet/fleet.ts';
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

/** Clusters that unseal with the same credential, this one among them, in the order of fleet.yaml. */
export function consumersOf({ clusters }: Fleet, cluster: Cluster, kind: KindName): Cluster[] {
  const own = credentialNames[kind](cluster.seal);
  return clusters.filter(
    (other) =>
      other.name === cluster.name || (own !== undefined && credentialNames[kind](other.seal) === own),
  );
}

/**
 * A stable name of a cluster's credential, for people and for the lock: the same for every cluster that shares it,
 * whichever entry rotates it. Holds no secret.
 *
 * @throws where the seal has none such: no fleet.yaml that asks for its rotation is accepted.
 */
export function credentialOf(cluster: Cluster, kind: KindName): string {
  const name = credentialNames[kind](cluster.seal);
  if (name === undefined) throw new Error(`the seal of ${cluster.name} has no ${kind}`);
  return name;
}
