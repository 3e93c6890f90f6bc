/** Table `holds`: PartitionKey `hold`, RowKey cluster; plain columns, as every app's reader of words expects them. */

import { unreadable } from '../../kind.ts';
import { checkKey } from '../../limits.ts';
import { checkVersion, parseRow, schemaVersion } from '../../packing.ts';
import type { Holds } from '../../recover-ports.ts';
import { checkHold } from '../../recover-rules.ts';
import { holdRow } from '../../schema.ts';
import type { Call } from '../calls.ts';
import type { Clients } from '../clients.ts';
import { getRow } from '../table.ts';
import { putUnlessNewer, removeUnlessNewer } from '../unless-newer.ts';

const table = 'holds';
const keysOf = (cluster: string) => ({ partitionKey: 'hold', rowKey: cluster });

export function connectHolds(clients: Clients, call: Call): Holds {
  return {
    async set(hold) {
      checkHold(hold);
      const { cluster, by, reason, until, at } = hold;
      const times = { until: new Date(until), at: new Date(at) };
      const row = { ...keysOf(cluster), v: schemaVersion, by, reason, ...times };
      await putUnlessNewer(clients, call, table, row);
    },

    async end(cluster) {
      checkKey('cluster', cluster);
      return (await removeUnlessNewer(clients, call, table, keysOf(cluster))) ? 'ended' : 'none';
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
