/**
 * Tables `acknowledgements` (PartitionKey cluster) and `holds` (PartitionKey `hold`, RowKey cluster). A table that
 * was never made holds no words. A row that cannot be read is told of and left out: the louder side.
 */
import type { z } from 'zod';
import { checkVersion, parseRow } from '../packing.ts';
import type { UnreadableRow, Words } from '../ports.ts';
import { holdRow, quietRow } from '../schema.ts';
import { type Call, isMissing } from './calls.ts';
import type { Clients } from './clients.ts';
import type { Row } from './live-rows.ts';

export function connectWords(
  clients: Clients,
  call: Call,
  tellUnreadable: (row: UnreadableRow) => void,
): Words {
  async function rows<T>(name: string, schema: z.ZodType<T>): Promise<{ row: Row; value: T }[]> {
    const client = await clients.table(name);
    const found: Row[] = [];
    await call(`table ${name}`, async (abortSignal) => {
      try {
        for await (const row of client.listEntities<Row>({ abortSignal })) found.push(row);
      } catch (error) {
        if (!isMissing(error)) throw error;
      }
    });
    return found.flatMap((row) => {
      const parsed = checkVersion(row) ?? parseRow(row, schema);
      if (parsed.ok) return [{ row, value: parsed.value }];
      tellUnreadable({ partition: `${name}/${row.partitionKey}`, row: row.rowKey, why: parsed.why });
      return [];
    });
  }

  return {
    async quiets() {
      const found = await rows('acknowledgements', quietRow);
      return found.map(({ row, value: { key, ...quiet } }) => ({
        cluster: row.partitionKey,
        ...quiet,
        ...(key !== undefined && { key }),
      }));
    },
    async holds() {
      const found = await rows('holds', holdRow);
      return found.map(({ row, value }) => ({ cluster: row.rowKey, ...value }));
    },
  };
}
