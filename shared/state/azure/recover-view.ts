/**
 * Tables `recoveries` and `generations` as the watch app reads them: whole, or one cluster's. A table that was never
 * made holds nothing: where nobody escrows, nobody deploys them.
 */
import { StateError } from '../errors.ts';
import { checkKey } from '../limits.ts';
import type { RecoverView } from '../ports.ts';
import { generationKind, type Kind, newestKey, recoveryKind } from '../recover-kinds.ts';
import type { Call } from './calls.ts';
import type { Clients } from './clients.ts';
import { inPartition, type Listed, openTable } from './recover/table.ts';

export function connectRecoverView(clients: Clients, call: Call): RecoverView {
  async function read<T>(kind: Kind<T>, filter: string, cluster: string | undefined): Promise<Listed<T>> {
    if (cluster !== undefined) checkKey('cluster', cluster);
    const whole = cluster === undefined ? filter : `${inPartition(cluster)} and (${filter})`;
    try {
      return await openTable(clients, call, kind).list(whole);
    } catch (error) {
      if (error instanceof StateError && error.code === 'missing') return { rows: [], unreadable: [] };
      throw error;
    }
  }

  return {
    async recoveries(since, cluster) {
      const moment = `datetime'${new Date(Math.max(0, Math.floor(since))).toISOString()}'`;
      // One query for both: nothing ends between two of them and is seen by neither.
      const filter = `status eq 'open' or endedAt ge ${moment}`;
      const { rows, unreadable } = await read(recoveryKind, filter, cluster);
      return { rows: rows.map(({ value }) => value), unreadable };
    },
    async generations(cluster) {
      const { rows, unreadable } = await read(generationKind, `RowKey eq '${newestKey}'`, cluster);
      return { rows: rows.map(({ value }) => value), unreadable };
    },
  };
}
