/** What is kept of a sweep. */
import type { Cluster } from '../fleet/fleet.ts';
import type { LoadedFleet } from '../fleet/source.ts';
import type { SweepRecord } from '../state/ports.ts';

export interface SweepResult {
  id: string;
  /**
   * Every cluster was observed, decided and stored. In batches: of the sweep before, whose batches have ended; one that
   * outlasts the interval may still run, while its clusters were asked within two.
   */
  complete: boolean;
  clusters: number;
  nodes: number;
  failed: { cluster: string; why: string }[];
  /** Not one cluster was watched: the run has failed. */
  blind: boolean;
  /** Batches that it planned. */
  batches?: number;
}

interface Swept {
  id: string;
  startedAt: number;
  finishedAt: number;
  failed: SweepResult['failed'];
  turn: number;
  gap: SweepRecord['gap'] | undefined;
  /** Whether anybody watched is not known yet. */
  isOpen?: boolean;
}

/** @param last the record that it replaces. */
export function recordOf(
  { id, startedAt, finishedAt, failed, turn, gap, isOpen = false }: Swept,
  { fleet, hash }: LoadedFleet,
  last: SweepRecord | undefined,
): SweepRecord {
  const complete = failed.length === 0 && !isOpen;
  const lastCompleteAt = complete
    ? finishedAt
    : (last?.lastCompleteAt ?? (last?.complete ? last.finishedAt : undefined));
  return {
    id,
    startedAt,
    finishedAt,
    clusters: fleet.clusters.length,
    nodes: nodeCount(fleet.clusters),
    complete,
    turn,
    firstAt: last?.firstAt ?? startedAt,
    ...(gap && { gap }),
    ...(!complete && { failed }),
    ...(lastCompleteAt !== undefined && { lastCompleteAt }),
    ...(hash !== undefined && { fleetHash: hash }),
  };
}

export function isBlind(clusters: { name: string }[], failed: SweepResult['failed']): boolean {
  const missed = new Set(failed.map(({ cluster }) => cluster));
  return clusters.length > 0 && clusters.every(({ name }) => missed.has(name));
}

export function nodeCount(clusters: Cluster[]): number {
  return clusters.reduce((sum, cluster) => sum + cluster.nodes.length, 0);
}
