/** State through Azure's SDKs against Azurite: the contract, and what only a real service shows. */
import { TableClient } from '@azure/data-tables';
import { BlobServiceClient } from '@azure/storage-blob';
import { QueueServiceClient } from '@azure/storage-queue';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { type Azurite, startAzurite } from '../../cli/start/azurite.ts';
import type { Transition } from '../../shared/alert/alert.ts';
import { systemClock } from '../../shared/compose/clock.ts';
import { connectState } from '../../shared/state/azure/connect.ts';
import type { State, UnreadableRow } from '../../shared/state/ports.ts';
import { stateContract } from '../contract/state.ts';
import { aHead, anEntry, aTransition } from '../fakes/state/examples.ts';
import { until } from '../servers/until.ts';

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
const observations = () =>
  BlobServiceClient.fromConnectionString(azurite.connectionString).getContainerClient('observations');

/** One Azurite for all tests; each starts without rows, blobs and messages. */
async function emptyState(): Promise<State> {
  told = [];
  const state = connectState(azurite, systemClock, (row) => told.push(row));
  await state.prepare();
  for (const name of ['live', 'history', 'acknowledgements', 'holds']) {
    const client = table(name);
    for await (const { partitionKey = '', rowKey = '' } of client.listEntities()) {
      await client.deleteEntity(partitionKey, rowKey);
    }
  }
  for await (const { name } of observations().listBlobsFlat()) await observations().deleteBlob(name);
  for (const name of ['notify', 'probe']) await queue(name).clearMessages();
  return state;
}

async function historyOf(cluster: string): Promise<Transition[]> {
  const found: Transition[] = [];
  const rows = table('history').listEntities<{ at: Date; what: string; from: string; to: string }>({
    queryOptions: { filter: `PartitionKey eq '${cluster}'` },
  });
  for await (const { at, what, from, to } of rows) found.push({ at: at.getTime(), cluster, what, from, to });
  return found;
}

describe('state in Azurite', () => {
  stateContract(async () => ({
    state: await emptyState(),
    historyOf,
    async putQuiet({ cluster, key, ...quiet }) {
      const times = { at: new Date(quiet.at), until: new Date(quiet.until) };
      const row = { v: 1, ...quiet, ...times, ...(key !== undefined && { key }) };
      await table('acknowledgements').createEntity({ partitionKey: cluster, rowKey: key ?? 'all', ...row });
    },
    async putHold({ cluster, ...hold }) {
      const row = { v: 1, ...hold, until: new Date(hold.until) };
      await table('holds').createEntity({ partitionKey: 'hold', rowKey: cluster, ...row });
    },
    async putNewerHead(cluster) {
      await table('live').createEntity({
        partitionKey: cluster,
        rowKey: 'head',
        v: 2,
        d0: new Uint8Array(9),
      });
    },
    async putNewerBatch(number) {
      const rowKey = `batch-${String(number).padStart(5, '0')}`;
      await table('live').upsertEntity({ partitionKey: 'fleet', rowKey, v: 2, d0: Buffer.of(9) }, 'Replace');
    },
  }));

  test.for([
    { row: 'head', columns: { v: 1, d0: Buffer.from('not deflated') }, why: /^damaged: / },
    { row: 'head', columns: { d0: Buffer.from('x') }, why: /^damaged: schema version missing$/ },
    { row: 'outbox-x', columns: { v: 1 }, why: /^damaged: / },
    { row: 'outbox-x', columns: { v: 2 }, why: /^written by a newer Sealwatch \(v2\)/ },
    { row: 'stray', columns: { v: 1 }, why: /^damaged: / },
  ])('a damaged row $row ($columns.v) is named beside the good ones', async ({ row, columns, why }) => {
    const state = await emptyState();
    await table('live').createEntity({ partitionKey: 'orders', rowKey: row, ...columns });
    await state.live.commit('payments', aHead(), undefined, [anEntry()]);
    const { partitions, unreadable } = await state.live.scan();
    expect(partitions.get('payments')?.outbox).toHaveLength(1);
    expect(unreadable).toEqual([{ partition: 'orders', row, why: expect.stringMatching(why) }]);
    await state.live.read('orders');
    expect(told).toEqual(unreadable);
  });

  test('a row that holds another cluster or another entry is damaged', async () => {
    const state = await emptyState();
    await state.live.commit('payments', aHead(), undefined, [anEntry()]);
    for (const rowKey of ['head', 'outbox-00000001-a-chat']) {
      const row = await table('live').getEntity<{ v: number; d0: Uint8Array }>('payments', rowKey);
      const copy = { v: row.v, d0: row.d0 };
      await table('live').createEntity({
        partitionKey: 'orders',
        rowKey: rowKey.replace('-a-', '-b-'),
        ...copy,
      });
    }
    const { partitions, unreadable } = await state.live.scan();
    expect([...partitions.keys()]).toEqual(['payments']);
    expect(unreadable.map(({ row, why }) => `${row}: ${why}`)).toEqual([
      'head: damaged: it names cluster payments',
      'outbox-00000001-b-chat: damaged: it names entry 00000001-a-chat',
    ]);
  });

  test('a scan reads more rows than one page holds', async () => {
    const state = await emptyState();
    for (let cluster = 0; cluster < 12; cluster += 1) {
      const entries = Array.from({ length: 99 }, (_, n) => anEntry({ id: `${n}` }));
      await state.live.commit(`c${cluster}`, aHead({ cluster: `c${cluster}` }), undefined, entries);
    }
    const { partitions } = await state.live.scan();
    expect([...partitions.values()].filter(({ head, outbox }) => head && outbox.length === 99)).toHaveLength(
      12,
    );
  });

  test('words of another version are left out and told of', async () => {
    const state = await emptyState();
    const until = new Date(9000);
    const hold = { by: 'a', reason: 'b', until };
    await table('holds').createEntity({ partitionKey: 'hold', rowKey: 'newer', v: 2, ...hold });
    await table('holds').createEntity({ partitionKey: 'hold', rowKey: 'damaged', v: 1, by: 'a', until });
    await table('holds').createEntity({ partitionKey: 'hold', rowKey: 'payments', v: 1, ...hold });
    expect(await state.words.holds()).toEqual([{ cluster: 'payments', by: 'a', reason: 'b', until: 9000 }]);
    expect(told.map(({ partition, row }) => `${partition}/${row}`)).toEqual([
      'holds/hold/damaged',
      'holds/hold/newer',
    ]);
  });

  test('observations that cannot be read count as none', async () => {
    const state = await emptyState();
    const blob = observations().getBlockBlobClient('latest.json');
    await blob.upload('{"v":1,"at":5,"clusters":[{"cluster":"a"},7]}', 45);
    expect(await state.observations.latest()).toEqual({ at: 5, clusters: [] });
    await blob.upload('not json', 8);
    expect(await state.observations.latest()).toBeUndefined();
    expect(told).toHaveLength(1);
  });

  test('a nudge is the cluster name as raw text', async () => {
    const state = await emptyState();
    await state.nudges.send('notify', 'payments', 0);
    const { receivedMessageItems } = await queue('notify').receiveMessages();
    expect(receivedMessageItems.map(({ messageText }) => messageText)).toEqual(['payments']);
  });

  test('a delayed nudge is there and hidden until it is due', async () => {
    const state = await emptyState();
    await state.nudges.send('notify', 'later', 3_600_000);
    await state.nudges.send('notify', 'soon', 900);
    const first = await until('the nudge that is due in a second', 20, async () => {
      const { receivedMessageItems } = await queue('notify').receiveMessages({ numberOfMessages: 32 });
      return receivedMessageItems.length > 0 ? receivedMessageItems : undefined;
    });
    expect(first.map(({ messageText }) => messageText)).toEqual(['soon']);
    expect((await queue('notify').getProperties()).approximateMessagesCount).toBe(2);
  });

  test('a nudge further away than the service can hide one is taken', async () => {
    const state = await emptyState();
    await state.nudges.send('notify', 'payments', 30 * 24 * 3_600_000);
    expect((await queue('notify').receiveMessages()).receivedMessageItems).toEqual([]);
    expect((await queue('notify').getProperties()).approximateMessagesCount).toBe(1);
  });
});

describe('a storage account that nobody prepared', () => {
  let empty: Azurite;
  let state: State;
  beforeAll(async () => {
    empty = await startAzurite();
    state = connectState(empty, systemClock);
  });
  afterAll(() => empty.close());

  test('has no words', async () => {
    expect(await state.words.quiets()).toEqual([]);
    expect(await state.words.holds()).toEqual([]);
  });

  test.for<[string, () => Promise<unknown>]>([
    ['table live', () => state.live.scan()],
    ['table live', () => state.live.commit('payments', aHead(), undefined, [])],
    ['table live', () => state.live.commit('payments', aHead(), 'W/"1"', [])],
    ['table live', () => state.live.update('payments', { value: anEntry(), etag: 'W/"1"' })],
    ['table live', () => state.live.remove('payments', { value: anEntry(), etag: 'W/"1"' })],
    ['table live', () => state.sweeps.last()],
    ['table history', () => state.history.append([aTransition()])],
    ['container observations', () => state.observations.latest()],
    ['container observations', () => state.lastGood.read()],
    ['queue notify', () => state.nudges.send('notify', 'payments', 0)],
  ])('says that %s does not exist', async ([what, call]) => {
    await expect(call()).rejects.toMatchObject({
      name: 'StateError',
      code: 'missing',
      recoverable: false,
      message: expect.stringContaining(`${what} does not exist`),
    });
  });
});

test('a wrong account key is a denial that names the role and shows no key', async () => {
  const wrong = Buffer.from('wrong account key').toString('base64');
  const connectionString = azurite.connectionString.replace(/AccountKey=[^;]+/, `AccountKey=${wrong}`);
  const error = await connectState({ connectionString }, systemClock)
    .live.scan()
    .catch((thrown: unknown) => thrown);
  expect(error).toMatchObject({
    code: 'denied',
    message: expect.stringContaining('Storage Table Data Contributor'),
  });
  expect(JSON.stringify(error)).not.toContain(wrong);
});

test('storage that stopped is unavailable, and may come back', async () => {
  const stopped = await startAzurite();
  await stopped.close();
  const state = connectState(stopped, systemClock);
  await expect(state.live.scan()).rejects.toMatchObject({ code: 'unavailable', recoverable: true });
});
