/** Table `generations`: PartitionKey cluster, RowKey `newest`. Fencing is If-Match. */

import { encode } from '../../kind.ts';
import { checkKey } from '../../limits.ts';
import { generationKind, newestKey } from '../../recover-kinds.ts';
import type { Generations } from '../../recover-ports.ts';
import { isOlder } from '../../recover-rules.ts';
import type { Call } from '../calls.ts';
import type { Clients } from '../clients.ts';
import { openTable, submit } from '../table.ts';

export function connectGenerations(clients: Clients, call: Call): Generations {
  const generations = openTable(clients, call, generationKind);
  return {
    async newest(cluster) {
      checkKey('cluster', cluster);
      return generations.get({ partitionKey: cluster, rowKey: newestKey });
    },

    async all() {
      const { rows, unreadable } = await generations.list(`RowKey eq '${newestKey}'`);
      return { rows: rows.map(({ value }) => value), unreadable };
    },

    async save(row, etag) {
      const entity = encode(generationKind, row);
      if (etag !== undefined) {
        const stored = await generations.get(generationKind.keys(row));
        if (stored?.etag !== etag) return { saved: false, why: 'conflict' };
        if (isOlder(row, stored.value)) return { saved: false, why: 'older' };
      }
      const etags = await submit(clients, call, 'generations', [
        etag === undefined ? ['create', entity] : ['update', entity, 'Replace', { etag }],
      ]);
      return etags ? { saved: true, etag: etags[0] ?? '' } : { saved: false, why: 'conflict' };
    },
  };
}
