import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { TableClient } from '@azure/data-tables';
import { expect, it } from 'vitest';
import { startAzurite } from '../../host/azurite.ts';

function table(connectionString: string): TableClient {
  return TableClient.fromConnectionString(connectionString, 'things', { allowInsecureConnection: true });
}

it('keeps what was written in its folder, over a restart', async () => {
  const folder = mkdtempSync(join(tmpdir(), 'sealwatch-azurite-'));
  try {
    const first = await startAzurite({ folder });
    await table(first.connectionString).createTable();
    await table(first.connectionString).createEntity({ partitionKey: 'a', rowKey: 'b', value: 7 });
    await first.close();
    const second = await startAzurite({ folder });
    expect(await table(second.connectionString).getEntity('a', 'b')).toMatchObject({ value: 7 });
    await second.close();
  } finally {
    rmSync(folder, { recursive: true });
  }
});

it('starts empty in memory, twice beside each other', async () => {
  const one = await startAzurite();
  const two = await startAzurite();
  await table(one.connectionString).createTable();
  await expect(table(two.connectionString).getEntity('a', 'b')).rejects.toMatchObject({ statusCode: 404 });
  await Promise.all([one.close(), two.close()]);
});
