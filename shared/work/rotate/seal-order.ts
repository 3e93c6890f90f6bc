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
