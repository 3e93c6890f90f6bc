/** The other apps' rows, by cluster. A table that cannot be read stops no sweep: what it would say is unjudged. */
import { within } from '../fleet/within.ts';
import type { Readiness } from '../readiness/readiness.ts';
import type { Rotation } from '../rotation/rotation.ts';
import type { UnreadableRow } from '../state/ports.ts';
import type { WatchDeps } from './deps.ts';
import { type Read, type RecoverRows, rememberedMs } from './recover-findings.ts';
import type { OpenRotations } from './rotation-findings/left-open.ts';

/** Longest wait for one table, ms: a sweep has a deadline of its own. */
const answerMs = 5000;

export interface OtherRows extends RecoverRows {
  readiness: Read<Readiness | undefined>;
  /** The open ones. */
  rotations: Read<Rotation[]>;
}

export interface RowsOf {
  (cluster: string): OtherRows;
  /** The open ones of every cluster, also of those that fleet.yaml does not have. */
  openRotations: OpenRotations;
}

/** Never rejects. @param cluster read for this one only. */
export async function readRecoverRows(deps: WatchDeps, cluster?: string): Promise<RowsOf> {
  const { clock, state } = deps;
  const [recoveries, generations, readiness, rotations] = await Promise.all([
    byCluster(deps, 'recoveries', () => state.recover.recoveries(clock.now() - rememberedMs, cluster)),
    byCluster(deps, 'generations', () => state.recover.generations(cluster)),
    byCluster(deps, 'readiness', () => state.rotate.readiness(cluster)),
    byCluster(deps, 'rotations', () => state.rotate.rotations(cluster)),
  ]);
  const rowsOf = (name: string): OtherRows => ({
    recoveries: recoveries.of(name),
    generation: newest(generations.of(name)),
    readiness: newest(readiness.of(name)),
    rotations: rotations.of(name),
  });
  return Object.assign(rowsOf, { openRotations: rotations.all });
}

interface ByCluster<T> {
  of: (cluster: string) => Read<T[]>;
  all:
    | { read: true; rows: readonly T[]; damaged: ReadonlyMap<string, string> }
    | { read: false; why: string };
}

async function byCluster<T extends { cluster: string }>(
  { clock, log }: WatchDeps,
  table: string,
  read: () => Promise<{ rows: T[]; unreadable: UnreadableRow[] }>,
): Promise<ByCluster<T>> {
  const none: Read<T[]> = { read: true, value: [] };
  try {
    const { rows, unreadable } = await within(answerMs, clock, read);
    for (const row of unreadable) log.error('row-unreadable', { ...row, table });
    const damaged = new Map(
      unreadable.map(({ partition, row, why }) => [partition, `table ${table}, row ${row}: ${why}`]),
    );
    const known = Map.groupBy(rows, (row) => row.cluster);
    return {
      of(cluster) {
        const why = damaged.get(cluster);
        if (why !== undefined) return { read: false, why };
        const value = known.get(cluster);
        return value ? { read: true, value } : none;
      },
      all: { read: true, rows, damaged },
    };
  } catch (error) {
    log.error('recover-rows-unread', { table, error });
    const why = `table ${table} cannot be read: ${error instanceof Error ? error.message : 'no answer'}`;
    const unread = { read: false, why } as const;
    return { of: () => unread, all: unread };
  }
}

function newest<T>(read: Read<T[]>): Read<T | undefined> {
  return read.read ? { read: true, value: read.value[0] } : read;
}
