/**
 * What the rotate app stores, and the few operations on it. Adapters: ./azure/rotate/ (Tables, Queues),
 * test/fakes/state/rotate-memory.ts; one contract suite holds both.
 */
import type { Readiness } from '../readiness/readiness.ts';
import type { UnreadableRow } from './ports.ts';

/** Table `readiness`: a row a cluster, replaced by each exercise. Read by every app. */
export interface ReadinessTable {
  save(row: Readiness): Promise<void>;
  /** Of every cluster, or of one. A row that cannot be read is told of and left out. */
  list(cluster?: string): Promise<{ rows: Readiness[]; unreadable: UnreadableRow[] }>;
}

/** Queue `turns` is ours; `probe` is watch's. A message names a cluster. */
export interface RotateNudges {
  send(queue: 'turns' | 'probe', cluster: string, delayMs: number): Promise<void>;
}

export interface RotateState {
  readiness: ReadinessTable;
  nudges: RotateNudges;
  /** Creates what is missing: for the embedded host. */
  prepare(): Promise<void>;
}
