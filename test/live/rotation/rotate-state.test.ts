/** The rotate app's state through Azure's SDKs against Azurite: the contract, and what only a real service shows. */
import { randomUUID } from 'node:crypto';
import { TableClient } from '@azure/data-tables';
import { BlobServiceClient } from '@azure/storage-blob';
import { QueueServiceClient } from '@azure/storage-queue';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { type Azurite, startAzurite } from '../../../cli/start/azurite.ts';
import type { Clock } from '../../../shared/clock.ts';
import { systemClock } from '../../../shared/compose/clock.ts';
import { connectState } from '../../../shared/state/azure/connect.ts';
import { connectRotateState } from '../../../shared/state/azure/rotate/connect.ts';
import { encode } from '../../../shared/state/kind.ts';
import type { UnreadableRow } from '../../../shared/state/ports.ts';
import { lockKind } from '../../../shared/state/rotate-kinds.ts';
import type { RotateState, RotationAudit } from '../../../shared/state/rotate-ports.ts';
import { rotateStateContract } from '../../contract/rotate-state.ts';
import {
  aFullReadiness,
  aFullRotation,
  aReadiness,
  aRotation,
  aRotationApproval,
  aRotationAudit,
  endedRotation,
  noon,
} from '../../fakes/state/rotate-examples.ts';
import type { RotateTable } from '../../fakes/state/rotate-memory.ts';

let azurite: Azurite;
let told: UnreadableRow[] = [];
beforeAll(async () => {
  azurite = await startAzurite();
});
afterAll(() => azurite.close());

const tableOf = (name: RotateTable) =>
  TableClient.fromConnectionString(azurite.connectionString, name, { allowInsecureConnection: true });
const table = () => tableOf('readiness');
const rotationsTable = () => tableOf('rotations');
const container = () =>
  BlobServiceClient.fromConnectionString(azurite.connectionString).getContainerClient('audit-rotate');
const queue = (name: string) =>
  QueueServiceClient.fromConnectionString(azurite.connectionString).getQueueClient(name);
const view = () => connectState(azurite, systemClock).rotate;
const keys = { partitionKey: 'payments', rowKey: 'latest' };

/** One Azurite for all tests; each starts without rows and messages. */
async function emptyState(clock: Clock = systemClock): Promise<RotateState> {
  told = [];
  const state = connectRotateState(azurite, clock, randomUUID, (row) => told.push(row));
  await state.prepare();
  for (const client of [table(), rotationsTable()]) {
    for await (const { partitionKey = '', rowKey = '' } of client.listEntities())
      await client.deleteEntity(partitionKey, rowKey);
  }
  for await (const { name } of container().listBlobsFlat()) await container().deleteBlob(name);
  for (const name of ['turns', 'probe']) await queue(name).clearMessages();
  return state;
}

async function locks(): Promise<Record<string, string>> {
  const found: [string, string][] = [];
  const filter = "PartitionKey eq '_lock'";
  const rows = rotationsTable().listEntities<{ name: string; rotation: string }>({
    queryOptions: { filter },
  });
  for await (const { name, rotation } of rows) found.push([name, rotation]);
  return Object.fromEntries(found);
}

async function audited(): Promise<RotationAudit[]> {
  const entries: RotationAudit[] = [];
  for await (const { name } of container().listBlobsFlat()) {
    const { v, ...entry } = JSON.parse(
      (await container().getBlobClient(name).downloadToBuffer()).toString('utf8'),
    );
    expect(v).toBe(1);
    entries.push(entry);
  }
  return entries;
}

// First: no test before it has made the table and the queues.
describe('a storage account that nobody prepared', () => {
  test('holds no readiness, for either app, and for watch no rotation', async () => {
    const { readiness } = connectRotateState(azurite, systemClock, randomUUID);
    expect(await readiness.list()).toEqual({ rows: [], unreadable: [] });
    expect(await view().readiness('payments')).toEqual({ rows: [], unreadable: [] });
    expect(await view().rotations()).toEqual({ rows: [], unreadable: [] });
    expect(await view().rotations('payments')).toEqual({ rows: [], unreadable: [] });
  });

  test.for<[string, (state: RotateState) => Promise<unknown>]>([
    ['table readiness', (state) => state.readiness.save(aReadiness())],
    ['table rotations', (state) => state.rotations.open(aRotation(), ['a'])],
    ['table rotations', (state) => state.rotations.active('payments', 'transit-token')],
    ['table rotations', (state) => state.rotations.save({ value: aRotation(), etag: 'W/"1"' })],
    ['table rotations', (state) => state.rotations.list(0)],
    ['table rotations', (state) => state.rotations.allActive()],
    ['table rotations', (state) => state.rotations.approve(aRotationApproval())],
    ['table rotations', (state) => state.rotations.approvals('payments', 'payments.first')],
    ['container audit-rotate', (state) => state.audit.write(aRotationAudit())],
    ['queue turns', (state) => state.nudges.send('turns', 'payments', 0)],
  ])('says that %s does not exist', async ([what, call]) => {
    await expect(call(connectRotateState(azurite, systemClock, randomUUID))).rejects.toMatchObject({
      name: 'StateError',
      code: 'missing',
      message: expect.stringContaining(`${what} does not exist`) as string,
    });
  });
});

describe("the rotate app's state in Azurite", () => {
  rotateStateContract(async () => {
    let ahead = 0;
    const now = () => systemClock.now() + ahead;
    return {
      state: await emptyState({ ...systemClock, now }),
      now,
      pass(ms) {
        ahead += ms;
      },
      async leaveLock(lock) {
        await rotationsTable().createEntity(encode(lockKind, lock));
      },
      locks,
      told: () => told,
      async makeNewer(name, partitionKey, rowKey) {
        await tableOf(name).upsertEntity({ partitionKey, rowKey, v: 2 }, 'Merge');
      },
      audited,
      async messages(name) {
        const { receivedMessageItems } = await queue(name).receiveMessages({ numberOfMessages: 32 });
        return receivedMessageItems.map(({ messageText }) => messageText);
      },
    };
  });

  test('watch reads what rotate wrote', async () => {
    const { readiness } = await emptyState();
    await readiness.save(aFullReadiness());
    await readiness.save(aReadiness({ cluster: 'orders' }));
    expect((await view().readiness('payments')).rows).toEqual([aFullReadiness()]);
    expect((await view().readiness()).rows).toHaveLength(2);
  });

  test('people can read in the portal how it stands, and when that was', async () => {
    const { readiness } = await emptyState();
    await readiness.save(aReadiness({ standing: { state: 'not-ready', why: 'revoked' } }));
    expect(await table().getEntity('payments', 'latest')).toMatchObject({
      v: 1,
      standing: 'not-ready',
      at: new Date(aReadiness().at),
    });
  });

  test.for([
    { columns: { d0: Buffer.from('not deflated') }, why: /damaged: / },
    { columns: { d0: 'text' }, why: /damaged: / },
    { columns: { v: '1' }, why: /damaged: schema version "1"/ },
  ])('a row with $columns is named beside the good ones, for both apps', async ({ columns, why }) => {
    const { readiness } = await emptyState();
    for (const cluster of ['payments', 'orders']) await readiness.save(aReadiness({ cluster }));
    await table().updateEntity({ ...keys, ...columns }, 'Merge');
    for (const read of [await readiness.list(), await view().readiness()]) {
      expect(read.rows).toEqual([aReadiness({ cluster: 'orders' })]);
      expect(read.unreadable).toEqual([
        { partition: 'payments', row: 'latest', why: expect.stringMatching(why) as string },
      ]);
    }
  });

  test('a row that holds the readiness of another cluster is damaged', async () => {
    const { readiness } = await emptyState();
    await readiness.save(aReadiness({ cluster: 'orders' }));
    const { v, d0 } = await table().getEntity<{ v: number; d0: Uint8Array }>('orders', 'latest');
    await table().createEntity({ ...keys, v, d0 });
    expect((await readiness.list('payments')).unreadable).toEqual([
      { partition: 'payments', row: 'latest', why: expect.stringContaining('of orders') as string },
    ]);
  });

  test('watch reads open rotations, of one cluster or of all, and those that it cannot read are named', async () => {
    const { rotations } = await emptyState();
    await rotations.open(aFullRotation(), ['a']);
    await rotations.open(aRotation({ cluster: "o'hara" }), ['b']);
    const ended = await rotations.open(aRotation({ cluster: 'ledger' }), ['c']);
    const etag = ended.opened ? ended.etag : '';
    await rotations.end({ value: endedRotation(aRotation({ cluster: 'ledger' })), etag });
    expect(await view().rotations('payments')).toEqual({ rows: [aFullRotation()], unreadable: [] });
    expect(await view().rotations("o'hara")).toMatchObject({ rows: [{ cluster: "o'hara" }] });
    expect((await view().rotations('ledger')).rows).toEqual([]);
    const row = { partitionKey: "o'hara", rowKey: "r-o'hara.first" };
    await rotationsTable().updateEntity({ ...row, v: 2 }, 'Merge');
    expect(await view().rotations()).toEqual({
      rows: [aFullRotation()],
      unreadable: [{ partition: "o'hara", row: row.rowKey, why: expect.stringContaining('v2') as string }],
    });
  });

  test('people can read in the portal what is open, who holds which lock, and how it ended', async () => {
    const { rotations } = await emptyState();
    const opened = await rotations.open(aRotation(), ['token of root']);
    const get = (partition: string, row: string) => rotationsTable().getEntity(partition, row);
    const row = { v: 1, kind: 'transit-token', status: 'open', stage: 'due', requestedAt: new Date(noon) };
    expect(await get('payments', 'r-payments.first')).toMatchObject(row);
    expect(await get('payments', 'active-transit-token')).toMatchObject({ rotation: 'payments.first' });
    expect(await locks()).toEqual({ 'token of root': 'payments.first' });
    const etag = opened.opened ? opened.etag : '';
    await rotations.end({ value: endedRotation(aRotation(), { at: noon + 7 }), etag });
    const ended = { status: 'ended', outcome: 'retired', endedAt: new Date(noon + 7) };
    expect(await get('payments', 'r-payments.first')).toMatchObject(ended);
  });

  test('an active row whose rotation was removed by hand is named', async () => {
    const { rotations } = await emptyState();
    await rotations.open(aRotation(), []);
    await rotationsTable().deleteEntity('payments', 'r-payments.first');
    const missing = expect.stringContaining('it names payments.first, which is not there') as string;
    const active = rotations.active('payments', 'transit-token');
    await expect(active).rejects.toMatchObject({ code: 'unreadable', message: missing });
    expect((await rotations.allActive()).unreadable).toEqual([
      { partition: 'payments', row: 'active-transit-token', why: missing },
    ]);
  });

  test('an end whose deletion fails leaves the rotation and its lock as they were', async () => {
    const { rotations } = await emptyState();
    const opened = await rotations.open(aRotation(), ['a']);
    const stored = { value: endedRotation(aRotation()), etag: opened.opened ? opened.etag : '' };
    await rotationsTable().deleteEntity('payments', 'active-transit-token');
    expect(await rotations.end(stored)).toBe('conflict');
    expect((await rotations.read('payments', 'payments.first'))?.value).toEqual(aRotation());
    expect(await locks()).toEqual({ a: 'payments.first' });
  });

  test('a lock that holds the value of another one is damaged', async () => {
    const { rotations } = await emptyState();
    const { v, d0 } = encode(lockKind, { name: 'a', rotation: aRotation(), at: noon });
    const { partitionKey, rowKey } = lockKind.keys({ name: 'b', rotation: aRotation(), at: noon });
    await rotationsTable().createEntity({ partitionKey, rowKey, v, d0 });
    const open = rotations.open(aRotation({ cluster: 'orders' }), ['b']);
    await expect(open).rejects.toMatchObject({ code: 'unreadable' });
  });

  test('an audit blob is never overwritten, and its name says cluster, time and what happened', async () => {
    await emptyState();
    const newId = () => '0'.repeat(8);
    for (const why of ['first', 'second']) {
      await connectRotateState(azurite, systemClock, newId).audit.write(aRotationAudit({ why }));
    }
    const names: string[] = [];
    for await (const { name } of container().listBlobsFlat()) names.push(name);
    expect(names).toEqual(['payments/20261122T120000.000Z-000001-requested-00000000.json']);
    expect(await audited()).toEqual([aRotationAudit({ why: 'first' })]);
  });
});
