/** Observations of several blobs as one. */
import type { ClusterObservation } from '../probe/observation.ts';

export interface Observed {
  /** ms. */
  at: number;
  clusters: ClusterObservation[];
}

/** Each cluster's newest; of two that began at one moment, the one in the newer blob. */
export function newestOf(blobs: Observed[]): Observed | undefined {
  const [first, ...others] = blobs.toSorted((a, b) => a.at - b.at);
  if (!first) return undefined;
  if (others.length === 0) return first;
  const newest = new Map<string, ClusterObservation>();
  for (const observation of [first, ...others].flatMap(({ clusters }) => clusters)) {
    const known = newest.get(observation.cluster);
    if (!known || observation.startedAt >= known.startedAt) newest.set(observation.cluster, observation);
  }
  return { at: others.at(-1)?.at ?? first.at, clusters: [...newest.values()] };
}
