/** Table `starts`: PartitionKey cluster, RowKey the node's name, encoded. */
import type { TransactionAction } from '@azure/data-tables';
import { encode } from '../../kind.ts';
import { checkKey } from '../../limits.ts';
import type { UnreadableRow } from '../../ports.ts';
import { startKind } from '../../recover-kinds.ts';
import type { Starts } from '../../recover-ports.ts';
import type { Call } from '../calls.ts';
import type { Clients } from '../clients.ts';
import { inPartition, openTable, submit } from '../table.ts';

/** Rows of one transaction. */
const batch = 100;

export function connectStarts(
  clients: Clients,
  call: Call,
  tellUnreadable: (row: UnreadableRow) => void,
): Starts {
  const starts = openTable(clients, call, startKind);
  return {
    async of(cluster) {
      checkKey('cluster', cluster);
      const { rows, unreadable } = await starts.list(inPartition(cluster));
      for (const row of unreadable) tellUnreadable({ ...row, partition: `starts/${row.partition}` });
      return rows.map(({ value }) => value).sort((a, b) => (a.node < b.node ? -1 : 1));
    },

    async note(notes) {
      const clusters = new Map<string, Map<string, TransactionAction>>();
      for (const note of notes) {
        const row = encode(startKind, note);
        const actions = clusters.get(note.cluster) ?? new Map<string, TransactionAction>();
        actions.set(row.rowKey, ['upsert', row, 'Replace']);
        clusters.set(note.cluster, actions);
      }
      for (const actions of clusters.values()) {
        const all = [...actions.values()];
        for (let at = 0; at < all.length; at += batch) {
          await submit(clients, call, 'starts', all.slice(at, at + batch));
        }
      }
    },
  };
}
