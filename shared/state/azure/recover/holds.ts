/** Table `holds`: PartitionKey `hold`, RowKey cluster; plain columns, as every app's reader of words expects them. */

import { unreadable } from '../../kind.ts';
import { checkKey } from '../../limits.ts';
import { checkVersion, parseRow, schemaVersion } from '../../packing.ts';
import type { Holds } from '../../recover-ports.ts';
import { checkHold } from '../../recover-rules.ts';
import { holdRow } from '../../schema.ts';
import { type Call, isGone } from '../calls.ts';
import type { Clients } from '../clients.ts';
import { getRow } from '../table.ts';

const table = 'holds';
const what = `table ${table}`;
const keysOf = (cluster: string) => ({ partitionKey: 'hold', rowKey: cluster });

export function connectHolds(clients: Clients, call: Call): Holds {
  return {
    async set(hold) {
      checkHold(hold);
      const { cluster, by, reason, until, at } = hold;
      const times = { until: new Date(until), at: new Date(at) };
      const row = { ...keysOf(cluster), v: schemaVersion, by, reason, ...times };
      const client = await clients.table(table);
      await call(what, (abortSignal) => client.upsertEntity(row, 'Replace', { abortSignal }));
    },

    async end(cluster) {
      checkKey('cluster', cluster);
      const client = await clients.table(table);
      return call(what, async (abortSignal) => {
        try {
          await client.deleteEntity('hold', cluster, { abortSignal });
          return 'ended';
        } catch (error) {
          if (isGone(error)) return 'none';
          throw error;
        }
      });
    },

    async of(cluster) {
      checkKey('cluster', cluster);
      const row = await getRow(clients, call, table, keysOf(cluster));
      if (!row) return undefined;
      const read = checkVersion(row) ?? parseRow(row, holdRow);
      if (!read.ok) throw unreadable(table, keysOf(cluster), read.why);
      return { cluster, ...read.value };
    },
  };
}
