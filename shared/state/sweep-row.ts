/**
 * Row `sweep` of partition `fleet` in table `live`: the last sweep's record as readable JSON. What it could not finish is
 * packed beside it: a text property holds 32,768 characters, which a whole fleet would exceed.
 */
import { checkVersion, pack, parseRow, schemaVersion, type Unpacked, unpack } from './packing.ts';
import type { SweepRecord } from './ports.ts';
import { failedSchema, sweepSchema } from './schema.ts';

export const sweepKey = 'sweep';

/** Without its keys. @throws StateError `state-too-large` */
export function sweepColumns({ failed, ...record }: SweepRecord): Record<string, unknown> {
  return {
    record: JSON.stringify(record),
    ...(failed ? pack('table live: the last sweep', failed).columns : { v: schemaVersion }),
  };
}

export function readSweepRow(row: Record<string, unknown>): Unpacked<SweepRecord> {
  const record = checkVersion(row) ?? parseRow(jsonOf(row.record), sweepSchema);
  // Rows of versions that packed nothing have no first column.
  const failed = row.d0 === undefined ? undefined : unpack(row, failedSchema);
  if (!record.ok || !failed?.ok) return record;
  return { ok: true, value: { ...record.value, failed: failed.value } };
}

function jsonOf(text: unknown): unknown {
  try {
    return JSON.parse(String(text));
  } catch {
    // Not JSON: left for the schema to name.
    return undefined;
  }
}
