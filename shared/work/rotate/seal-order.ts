/** Clusters in the order of their seals: whoever unseals others comes before them. Pure. */
import type { Cluster } from '../../fleet/fleet.ts';

/** Groups, each after those that it depends on. A cycle of seals ends up in one group: there is no first. */
export function inOrder(clusters: readonly Cluster[]): Cluster[][] {
  const groups: Cluster[][] = [];
  let left = [...clusters];
  while (left.length > 0) {
    const names = new Set(left.map(({ name }) => name));
    const free = left.filter(({ seal }) => seal.type !== 'transit' || !names.has(seal.provider));
    const next = free.length > 0 ? free : left;
    groups.push(next);
    const taken = new Set(next);
    left = left.filter((cluster) => !taken.has(cluster));
  }
  return groups;
}

/** A seal's way up: whoever unseals whoever unseals it. */
export interface WayUp {
  /** The nearest first, each once; without the cluster itself. */
  above: Cluster[];
  /** Those that unseal each other, where the way comes back to itself; the cluster may be one of them. */
  cycle: Cluster[];
}

export function wayUp(clusters: readonly Cluster[], cluster: Cluster): WayUp {
  const byName = new Map(clusters.map((each) => [each.name, each]));
  const provider = ({ seal }: Cluster) => (seal.type === 'transit' ? byName.get(seal.provider) : undefined);
  const way = [cluster];
  let next = provider(cluster);
  while (next && !way.includes(next)) {
    way.push(next);
    next = provider(next);
  }
  return { above: way.slice(1), cycle: next ? way.slice(way.indexOf(next)) : [] };
}
