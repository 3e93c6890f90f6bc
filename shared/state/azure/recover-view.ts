/**
 * Tables `recoveries` and `generations` as the watch app reads them: whole, or one cluster's. A table that was never
 * made holds nothing: where nobody escrows, nobody deploys them.
 */
import { checkKey } from '../limits.ts';
import type { RecoverView } from '../ports.ts';
import { generationKind, newestKey, recoveryKind } from '../recover-kinds.ts';
import type { Call } from './calls.ts';
import type { Clients } from './clients.ts';
import { inPartition, type KindTable, listOrNone, moment, openTable } from './table.ts';

export function connectRecoverView(clients: Clients, call: Call): RecoverView {
  const recoveries = openTable(clients, call, recoveryKind);
  const generations = openTable(clients, call, generationKind);

  async function read<T>(table: KindTable<T>, filter: string, cluster: string | undefined) {
    if (cluster === undefined) return listOrNone(table, filter);
    checkKey('cluster', cluster);
    return listOrNone(table, `${inPartition(cluster)} and (${filter})`);
  }

  return {
    // One query for both: nothing ends between two of them and is seen by neither.
    recoveries: (since, cluster) =>
      read(recoveries, `status eq 'open' or endedAt ge ${moment(since)}`, cluster),
    generations: (cluster) => read(generations, `RowKey eq '${newestKey}'`, cluster),
  };
}
