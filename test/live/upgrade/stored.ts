/** Everything in an Azurite, byte by byte, and its rows as a newer Sealwatch would have written them. */
import { TableClient, type TableEntityResult } from '@azure/data-tables';
import { BlobServiceClient } from '@azure/storage-blob';
import type { Azurite } from '../../../cli/start/azurite.ts';

export const tables = [
  'live',
  'history',
  'acknowledgements',
  'holds',
  'recoveries',
  'approvals',
  'generations',
  'starts',
  'readiness',
  'rotations',
] as const;

type Found = TableEntityResult<Record<string, unknown>>;

export class Stored {
  readonly #azurite: Azurite;

  constructor(azurite: Azurite) {
    this.#azurite = azurite;
  }

  table(name: string): TableClient {
    return TableClient.fromConnectionString(this.#azurite.connectionString, name, {
      allowInsecureConnection: true,
    });
  }

  /** `TABLE/PARTITION/ROW` → ETag and columns; `blob CONTAINER/NAME` → its bytes. */
  async all(): Promise<Record<string, string>> {
    const found: Record<string, string> = {};
    for (const name of tables) {
      for await (const row of this.table(name).listEntities()) {
        found[`${name}/${row.partitionKey}/${row.rowKey}`] = JSON.stringify(columnsOf(row));
      }
    }
    const service = BlobServiceClient.fromConnectionString(this.#azurite.connectionString);
    const container = service.getContainerClient('escrow');
    for await (const { name } of container.listBlobsFlat()) {
      const bytes = await container.getBlobClient(name).downloadToBuffer();
      found[`blob escrow/${name}`] = bytes.toString('base64');
    }
    return found;
  }

  /** Every row's version, and beside it a column that this version does not know. */
  async becomes(v: number): Promise<void> {
    for (const name of tables) {
      const client = this.table(name);
      const rows: Found[] = [];
      for await (const row of client.listEntities()) rows.push(row);
      for (const { partitionKey = '', rowKey = '' } of rows)
        await client.updateEntity({ partitionKey, rowKey, v, ofLater: 'x' }, 'Merge');
    }
  }
}

function columnsOf(row: Found): [string, unknown][] {
  return Object.entries(row)
    .filter(([name]) => name !== 'timestamp' && !name.startsWith('odata'))
    .map(([name, column]): [string, unknown] => [
      name,
      column instanceof Uint8Array ? Buffer.from(column).toString('base64') : column,
    ])
    .sort(([a], [b]) => (a < b ? -1 : 1));
}
