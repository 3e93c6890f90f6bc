/** Table `readiness`: PartitionKey cluster, one row each. A table that was never made holds nothing. */
import { StateError } from '../../errors.ts';
import { checkKey } from '../../limits.ts';
import { encode } from '../../recover-kinds.ts';
import { readinessKind } from '../../rotate-kinds.ts';
import type { ReadinessTable } from '../../rotate-ports.ts';
import type { Call } from '../calls.ts';
import type { Clients } from '../clients.ts';
import { inPartition, openTable } from '../recover/table.ts';

export function connectReadiness(clients: Clients, call: Call): ReadinessTable {
  const table = openTable(clients, call, readinessKind);
  return {
    async save(row) {
      const entity = encode(readinessKind, row);
      const client = await clients.table(readinessKind.table);
      await call('table readiness', (abortSignal) => client.upsertEntity(entity, 'Replace', { abortSignal }));
    },

    async list(cluster) {
      if (cluster !== undefined) checkKey('cluster', cluster);
      try {
        const { rows, unreadable } = await table.list(cluster === undefined ? '' : inPartition(cluster));
        return { rows: rows.map(({ value }) => value), unreadable };
      } catch (error) {
        if (error instanceof StateError && error.code === 'missing') return { rows: [], unreadable: [] };
        throw error;
      }
    },
  };
}
