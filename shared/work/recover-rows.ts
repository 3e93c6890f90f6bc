/** The other apps' rows, by cluster. A table that cannot be read stops no sweep: what it would say is unjudged. */
import { within } from '../fleet/within.ts';
import type { Readiness } from '../readiness/readiness.ts';
import type { UnreadableRow } from '../state/ports.ts';
import type { WatchDeps } from './deps.ts';
import { type Read, type RecoverRows, rememberedMs } from './recover-findings.ts';

/** Longest wait for one table, ms: a sweep has a deadline of its own. */
const answerMs = 5000;

export interface OtherRows extends RecoverRows {
  readiness: Read<Readiness | undefined>;
}

export type RowsOf = (cluster: string) => OtherRows;

/** Never rejects. @param cluster read for this one only. */
export async function readRecoverRows(deps: WatchDeps, cluster?: string): Promise<RowsOf> {
  const { clock, state } = deps;
  const [recoveries, generations, readiness] = await Promise.all([
    byCluster(deps, 'recoveries', () => state.recover.recoveries(clock.now() - rememberedMs, cluster)),
    byCluster(deps, 'generations', () => state.recover.generations(cluster)),
    byCluster(deps, 'readiness', () => state.rotate.readiness(cluster)),
  ]);
  return (name) => ({
    recoveries: recoveries(name),
    generation: newest(generations(name)),
    readiness: newest(readiness(name)),
  });
}

async function byCluster<T extends { cluster: string }>(
  { clock, log }: WatchDeps,
  table: string,
  read: () => Promise<{ rows: T[]; unreadable: UnreadableRow[] }>,
): Promise<(cluster: string) => Read<T[]>> {
  try {
    const { rows, unreadable } = await within(answerMs, clock, read);
    for (const row of unreadable) log.error('row-unreadable', { ...row, table });
    const damaged = new Map(unreadable.map(({ partition, row, why }) => [partition, `row ${row}: ${why}`]));
    const known = Map.groupBy(rows, (row) => row.cluster);
    return (cluster) => {
      const why = damaged.get(cluster);
      return why === undefined
        ? { read: true, value: known.get(cluster) ?? [] }
        : { read: false, why: `table ${table}, ${why}` };
    };
  } catch (error) {
    log.error('recover-rows-unread', { table, error });
    const why = `table ${table} cannot be read: ${error instanceof Error ? error.message : 'no answer'}`;
    return () => ({ read: false, why });
  }
}

function newest<T>(read: Read<T[]>): Read<T | undefined> {
  return read.read ? { read: true, value: read.value[0] } : read;
}
