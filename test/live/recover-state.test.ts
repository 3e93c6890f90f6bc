/** The recover app's state through Azure's SDKs against Azurite: the contract, and what only a real service shows. */
import { randomUUID } from 'node:crypto';
import { TableClient } from '@azure/data-tables';
import { BlobServiceClient } from '@azure/storage-blob';
import { QueueServiceClient } from '@azure/storage-queue';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { type Azurite, startAzurite } from '../../cli/start/azurite.ts';
import { systemClock } from '../../shared/compose/clock.ts';
import type { AuditEntry } from '../../shared/people/person.ts';
import { connectState } from '../../shared/state/azure/connect.ts';
import { connectRecoverState } from '../../shared/state/azure/recover/connect.ts';
import type { UnreadableRow } from '../../shared/state/ports.ts';
import type { RecoverState } from '../../shared/state/recover-ports.ts';
import { recoverStateContract } from '../contract/recover-state.ts';
import {
  aGenerationRow,
  anApproval,
  anAuditEntry,
  aRecovery,
  aStart,
  ended,
  noon,
} from '../fakes/state/recover-examples.ts';

let azurite: Azurite;
let told: UnreadableRow[] = [];

beforeAll(async () => {
  azurite = await startAzurite();
});
afterAll(() => azurite.close());

function table(name: string): TableClient {
  return TableClient.fromConnectionString(azurite.connectionString, name, { allowInsecureConnection: true });
}
const queue = (name: string) =>
  QueueServiceClient.fromConnectionString(azurite.connectionString).getQueueClient(name);
const container = (name: string) =>
  BlobServiceClient.fromConnectionString(azurite.connectionString).getContainerClient(name);

/** One Azurite for all tests; each starts without rows, blobs and messages. */
async function emptyState(): Promise<RecoverState> {
  told = [];
  const state = connectRecoverState(azurite, systemClock, randomUUID, (row) => told.push(row));
  await state.prepare();
  for (const name of ['recoveries', 'approvals', 'holds', 'generations', 'starts']) {
    const client = table(name);
    for await (const { partitionKey = '', rowKey = '' } of client.listEntities()) {
      await client.deleteEntity(partitionKey, rowKey);
    }
  }
  for (const name of ['escrow', 'audit-recover']) {
    for await (const blob of container(name).listBlobsFlat()) await container(name).deleteBlob(blob.name);
  }
  for (const name of ['steps', 'probe']) await queue(name).clearMessages();
  return state;
}

async function audited(): Promise<AuditEntry[]> {
  const entries: AuditEntry[] = [];
  for await (const { name } of container('audit-recover').listBlobsFlat()) {
    const body = await container('audit-recover').getBlobClient(name).downloadToBuffer();
    const { v, ...entry } = JSON.parse(body.toString('utf8'));
    expect(v).toBe(1);
    entries.push(entry);
  }
  return entries;
}

describe("the recover app's state in Azurite", () => {
  recoverStateContract(async () => ({
    state: await emptyState(),
    told: () => told,
    async makeNewer(name, partitionKey, rowKey) {
      await table(name).upsertEntity({ partitionKey, rowKey, v: 2 }, 'Merge');
    },
    async makeDamaged(name, partitionKey, rowKey) {
      await table(name).upsertEntity({ partitionKey, rowKey, v: 0 }, 'Merge');
    },
    holdsOfWatch: () => connectState(azurite, systemClock).words.holds(),
    audited,
    async messages(name) {
      const { receivedMessageItems } = await queue(name).receiveMessages({ numberOfMessages: 32 });
      return receivedMessageItems.map(({ messageText }) => messageText);
    },
  }));

  test('a hold is the row that every reader of words expects', async () => {
    const state = await emptyState();
    await state.holds.set({
      cluster: 'payments',
      by: 'Alice',
      reason: 'migration',
      until: noon + 5,
      at: noon,
    });
    expect(await table('holds').getEntity('hold', 'payments')).toMatchObject({
      v: 1,
      by: 'Alice',
      reason: 'migration',
      until: new Date(noon + 5),
      at: new Date(noon),
    });
  });

  test('people can read in the portal which recovery is open, and when each was', async () => {
    const state = await emptyState();
    const opened = await state.recoveries.open(aRecovery());
    const row = () => table('recoveries').getEntity('payments', 'r-payments.first');
    expect(await row()).toMatchObject({ status: 'open', requestedAt: new Date(noon) });
    expect(await table('recoveries').getEntity('payments', 'active')).toMatchObject({
      recovery: 'payments.first',
    });
    const etag = opened.opened ? opened.etag : '';
    await state.recoveries.end({ value: ended(aRecovery(), { at: noon + 7 }), etag });
    expect(await row()).toMatchObject({ status: 'ended', endedAt: new Date(noon + 7) });
  });

  test.for([
    { columns: { d0: Buffer.from('not deflated') }, why: /damaged: / },
    { columns: { d0: 'text' }, why: /damaged: / },
    { columns: { v: '1' }, why: /damaged: schema version "1"/ },
  ])('a row with $columns is named beside the good ones', async ({ columns, why }) => {
    const state = await emptyState();
    for (const cluster of ['payments', 'orders']) {
      await state.generations.save(aGenerationRow({ cluster }), undefined);
      await state.recoveries.open(aRecovery({ cluster }));
    }
    const keys = { partitionKey: 'payments', rowKey: 'newest' };
    await table('generations').updateEntity({ ...keys, ...columns }, 'Merge');
    const all = await state.generations.all();
    expect(all.rows).toEqual([aGenerationRow({ cluster: 'orders' })]);
    expect(all.unreadable).toEqual([
      { partition: 'payments', row: 'newest', why: expect.stringMatching(why) },
    ]);
    const active = { partitionKey: 'payments', rowKey: 'active' };
    await table('recoveries').updateEntity({ ...active, ...columns }, 'Merge');
    expect((await state.recoveries.allActive()).unreadable).toHaveLength(1);
    await expect(state.recoveries.active('payments')).rejects.toMatchObject({
      code: 'unreadable',
      message: expect.stringMatching(why),
    });
  });

  test('a row that holds the value of another one is damaged', async () => {
    const state = await emptyState();
    await state.generations.save(aGenerationRow(), undefined);
    const { v, d0 } = await table('generations').getEntity<{ v: number; d0: Uint8Array }>(
      'payments',
      'newest',
    );
    await table('generations').createEntity({ partitionKey: 'orders', rowKey: 'newest', v, d0 });
    await expect(state.generations.newest('orders')).rejects.toMatchObject({
      code: 'unreadable',
      message: expect.stringContaining('it holds row newest of payments'),
    });
  });

  test('an active row whose recovery was removed by hand is named', async () => {
    const state = await emptyState();
    await state.recoveries.open(aRecovery());
    await table('recoveries').deleteEntity('payments', 'r-payments.first');
    const missing = expect.stringContaining('it names payments.first, which is not there');
    await expect(state.recoveries.active('payments')).rejects.toMatchObject({
      code: 'unreadable',
      message: missing,
    });
    expect((await state.recoveries.allActive()).unreadable).toEqual([
      { partition: 'payments', row: 'active', why: missing },
    ]);
  });

  test('an end whose deletion fails leaves the recovery as it was', async () => {
    const state = await emptyState();
    const opened = await state.recoveries.open(aRecovery());
    const stored = { value: ended(aRecovery()), etag: opened.opened ? opened.etag : '' };
    await table('recoveries').deleteEntity('payments', 'active');
    expect(await state.recoveries.end(stored)).toBe('conflict');
    expect((await state.recoveries.read('payments', 'payments.first'))?.value).toEqual(aRecovery());
  });

  test('open recoveries of more clusters than one page holds are all found', async () => {
    const state = await emptyState();
    const client = table('recoveries');
    for (let n = 0; n < 11; n += 1) {
      const creates = Array.from({ length: 100 }, (_, row) => ({
        partitionKey: `c${n}`,
        rowKey: `stray-${row}`,
      }));
      await client.submitTransaction(creates.map((row) => ['create', row]));
      await state.recoveries.open(aRecovery({ cluster: `c${n}` }));
    }
    expect((await state.recoveries.allActive()).recoveries).toHaveLength(11);
  });

  test('a blob over 1 MiB that somebody put there is refused unread', async () => {
    const state = await emptyState();
    const name = 'payments/0001.0001.json';
    const large = Buffer.alloc(1024 * 1024 + 1);
    await container('escrow').getBlockBlobClient(name).upload(large, large.byteLength);
    await expect(state.escrow.read(name)).rejects.toMatchObject({
      code: 'state-too-large',
      message: expect.stringContaining(name),
    });
  });

  test('names of audit blobs say cluster, time and what happened', async () => {
    const state = await emptyState();
    await state.audit.write(anAuditEntry());
    const names: string[] = [];
    for await (const { name } of container('audit-recover').listBlobsFlat()) names.push(name);
    expect(names).toEqual([
      expect.stringMatching(/^payments\/20261122T120000\.000Z-000001-requested-[0-9a-f-]{36}\.json$/),
    ]);
  });
});

describe('a storage account that nobody prepared', () => {
  let empty: Azurite;
  let state: RecoverState;
  beforeAll(async () => {
    empty = await startAzurite();
    state = connectRecoverState(empty, systemClock, randomUUID);
  });
  afterAll(() => empty.close());

  const hold = { cluster: 'payments', by: 'a', reason: 'b', until: noon, at: noon };
  test.for<[string, () => Promise<unknown>]>([
    ['table recoveries', () => state.recoveries.open(aRecovery())],
    ['table recoveries', () => state.recoveries.active('payments')],
    ['table recoveries', () => state.recoveries.save({ value: aRecovery(), etag: 'W/"1"' })],
    ['table recoveries', () => state.recoveries.allActive()],
    ['table approvals', () => state.approvals.save(anApproval())],
    ['table approvals', () => state.approvals.of('payments', 'payments.first')],
    ['table holds', () => state.holds.set(hold)],
    ['table holds', () => state.holds.end('payments')],
    ['table holds', () => state.holds.of('payments')],
    ['table generations', () => state.generations.newest('payments')],
    ['table generations', () => state.generations.save(aGenerationRow(), undefined)],
    ['container escrow', () => state.escrow.create('payments/0001.0001.json', Buffer.from('x'))],
    ['container escrow', () => state.escrow.read('payments/0001.0001.json')],
    ['container escrow', () => state.escrow.list('payments')],
    ['table starts', () => state.starts.note([aStart()])],
    ['container audit-recover', () => state.audit.write(anAuditEntry())],
    ['queue steps', () => state.nudges.send('steps', 'payments', 0)],
  ])('says that %s does not exist', async ([what, call]) => {
    await expect(call()).rejects.toMatchObject({
      name: 'StateError',
      code: 'missing',
      recoverable: false,
      message: expect.stringContaining(`${what} does not exist`),
    });
  });
});
