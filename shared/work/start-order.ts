/** Which cluster a sweep starts with: where its deadline comes too early, it must not always hit the same ones. */

/** Steps of this share of a circle leave no part of it long unvisited, whatever its size (golden ratio). */
const step = (Math.sqrt(5) - 1) / 2;

/** The clusters in fleet.yaml's order, begun elsewhere in each turn. @param turn counts sweeps: SweepRecord.turn. */
export function startOrder<T>(clusters: T[], turn: number): T[] {
  const from = Math.floor(((turn * step) % 1) * clusters.length);
  return [...clusters.slice(from), ...clusters.slice(0, from)];
}
