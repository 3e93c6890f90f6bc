import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { pathToFileURL } from 'node:url';
import { TableClient } from '@azure/data-tables';
import { expect, it } from 'vitest';
import { type Azurite, startAzurite } from '../../cli/start/azurite.ts';
import { ownProcess } from '../servers/owned-processes.ts';
import { until } from '../servers/until.ts';

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

const program = `
  import { startAzurite } from ${JSON.stringify(pathToFileURL(resolve('cli/start/azurite.ts')).href)};
  const azurite = await startAzurite({ folder: process.argv[1] });
  console.log(JSON.stringify(azurite));
  setInterval(() => undefined, 1000);`;

it('keeps what was written right before its host was killed', async () => {
  const folder = mkdtempSync(join(tmpdir(), 'sealwatch-azurite-'));
  const host = spawn(process.execPath, ['--input-type=module', '-e', program, '--', folder], {
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  ownProcess(host);
  try {
    const [line] = (await once(host.stdout, 'data')) as [Buffer];
    const { connectionString, pid } = JSON.parse(line.toString()) as Azurite;
    await table(connectionString).createTable();
    await table(connectionString).createEntity({ partitionKey: 'a', rowKey: 'b', value: 7 });
    host.kill('SIGKILL');
    await until('the end of Azurite', 20, async () => (isAlive(pid) ? undefined : true));
    const next = await startAzurite({ folder });
    expect(await table(next.connectionString).getEntity('a', 'b')).toMatchObject({ value: 7 });
    await next.close();
  } finally {
    host.kill('SIGKILL');
    rmSync(folder, { recursive: true, maxRetries: 3 });
  }
});

function isAlive(pid: number): boolean {
  try {
    return process.kill(pid, 0);
  } catch {
    // No such process.
    return false;
  }
}

it('tells how it ended, unless it was closed', async () => {
  const { ended, pid } = await startAzurite();
  process.kill(pid, 'SIGKILL');
  expect(await ended).toBe('SIGKILL');
});

it('starts empty in memory, twice beside each other', async () => {
  const one = await startAzurite();
  const two = await startAzurite();
  await table(one.connectionString).createTable();
  await expect(table(two.connectionString).getEntity('a', 'b')).rejects.toMatchObject({ statusCode: 404 });
  await Promise.all([one.close(), two.close()]);
});
