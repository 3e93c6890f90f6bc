/** The last sweep: row `sweep` of partition `fleet` in table `live` (../sweep-row.ts). */
import { fleetPartition } from '../batch-rows.ts';
import type { Sweeps, UnreadableRow } from '../ports.ts';
import { readSweepRow, sweepColumns, sweepKey } from '../sweep-row.ts';
import { type Call, isGone } from './calls.ts';
import type { Clients } from './clients.ts';
import type { Row } from './live-rows.ts';

const what = 'table live';

export function connectSweeps(
  clients: Clients,
  call: Call,
  tellUnreadable: (row: UnreadableRow) => void,
): Sweeps {
  return {
    async last() {
      const client = await clients.table('live');
      const row = await call(what, async (abortSignal) => {
        try {
          return await client.getEntity<Row>(fleetPartition, sweepKey, { abortSignal });
        } catch (error) {
          if (isGone(error)) return undefined;
          throw error;
        }
      });
      if (!row) return undefined;
      const record = readSweepRow(row);
      if (record.ok) return record.value;
      tellUnreadable({ partition: fleetPartition, row: sweepKey, why: record.why });
      return undefined;
    },

    async save(record) {
      const client = await clients.table('live');
      const row = { partitionKey: fleetPartition, rowKey: sweepKey, ...sweepColumns(record) };
      await call(what, (abortSignal) => client.upsertEntity(row, 'Replace', { abortSignal }));
    },
  };
}
