/** Table `approvals`: PartitionKey cluster, RowKey `RECOVERY.HASH`. */

import { encode } from '../../kind.ts';
import { checkKey } from '../../limits.ts';
import type { UnreadableRow } from '../../ports.ts';
import { approvalKind } from '../../recover-kinds.ts';
import type { Approvals } from '../../recover-ports.ts';
import type { Call } from '../calls.ts';
import type { Clients } from '../clients.ts';
import { inPartition, openTable, quoted } from '../table.ts';
import { putUnlessNewer } from '../unless-newer.ts';

export function connectApprovals(
  clients: Clients,
  call: Call,
  tellUnreadable: (row: UnreadableRow) => void,
): Approvals {
  const approvals = openTable(clients, call, approvalKind);
  return {
    async save(approval) {
      await putUnlessNewer(clients, call, 'approvals', encode(approvalKind, approval));
    },

    async of(cluster, recovery) {
      checkKey('cluster', cluster);
      checkKey('recovery', recovery);
      // A slash follows the dot: all keys that begin with `RECOVERY.`.
      const range = `RowKey ge ${quoted(`${recovery}.`)} and RowKey lt ${quoted(`${recovery}/`)}`;
      const { rows, unreadable } = await approvals.list(`${inPartition(cluster)} and ${range}`);
      for (const row of unreadable) tellUnreadable({ ...row, partition: `approvals/${row.partition}` });
      return rows
        .map(({ value }) => value)
        .filter(({ binding }) => binding.recovery === recovery)
        .sort((a, b) => a.at - b.at || (a.by < b.by ? -1 : 1));
    },
  };
}
