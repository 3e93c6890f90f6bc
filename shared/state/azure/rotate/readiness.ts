/** Table `readiness`: PartitionKey cluster, one row each. A table that was never made holds nothing. */

import { encode } from '../../kind.ts';
import { checkKey } from '../../limits.ts';
import { readinessKey, readinessKind } from '../../rotate-kinds.ts';
import type { ReadinessTable } from '../../rotate-ports.ts';
import { type Call, isGone } from '../calls.ts';
import type { Clients } from '../clients.ts';
import { inPartition, listOrNone, openTable } from '../table.ts';

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
      return listOrNone(table, cluster === undefined ? '' : inPartition(cluster));
    },

    async remove(cluster) {
      checkKey('cluster', cluster);
      const client = await clients.table(readinessKind.table);
      await call('table readiness', async (abortSignal) => {
        try {
          await client.deleteEntity(cluster, readinessKey, { abortSignal });
        } catch (error) {
          if (!isGone(error)) throw error;
        }
      });
    },
  };
}
