/**
 * The last sweep: row `sweep` of partition `fleet` in table `live`, its record as readable JSON. What it could not
 * finish is packed beside it: a text property holds 32,768 characters, which a whole fleet would exceed.
 */
import { checkVersion, pack, parseRow, schemaVersion, unpack } from '../packing.ts';
import type { Sweeps, UnreadableRow } from '../ports.ts';
import { failedSchema, sweepSchema } from '../schema.ts';
import { type Call, isGone } from './calls.ts';
import type { Clients } from './clients.ts';
import { fleetPartition, type Row, sweepKey } from './live-rows.ts';

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
      const record = checkVersion(row) ?? parseRow(jsonOf(row.record), sweepSchema);
      // Rows of versions that packed nothing have no first column.
      const failed = row.d0 === undefined ? undefined : unpack(row, failedSchema);
      if (record.ok) return failed?.ok ? { ...record.value, failed: failed.value } : record.value;
      tellUnreadable({ partition: fleetPartition, row: sweepKey, why: record.why });
      return undefined;
    },

    async save({ failed, ...record }) {
      const client = await clients.table('live');
      const row = {
        partitionKey: fleetPartition,
        rowKey: sweepKey,
        record: JSON.stringify(record),
        ...(failed ? pack('table live: the last sweep', failed).columns : { v: schemaVersion }),
      };
      await call(what, (abortSignal) => client.upsertEntity(row, 'Replace', { abortSignal }));
    },
  };
}

function jsonOf(text: unknown): unknown {
  try {
    return JSON.parse(String(text));
  } catch {
    // Not JSON: left for the schema to name.
    return undefined;
  }
}
