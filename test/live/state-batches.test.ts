/** Batches through Azure's SDKs against Azurite: what they cost, and what only a real service shows. */
import { TableClient } from '@azure/data-tables';
import { BlobServiceClient } from '@azure/storage-blob';
import { QueueServiceClient } from '@azure/storage-queue';
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { type Azurite, startAzurite } from '../../cli/start/azurite.ts';
import { systemClock } from '../../shared/compose/clock.ts';
import { connectState } from '../../shared/state/azure/connect.ts';
import type { Share, State, UnreadableRow } from '../../shared/state/ports.ts';
import { aBatch, aBatchResult, aHead, anEntry, anObservation } from '../fakes/state/examples.ts';
import { rightsOf } from '../infra/rights.ts';
import { type RightsProxy, startRightsProxy } from '../servers/rights-proxy.ts';

let azurite: Azurite;
let proxy: RightsProxy;
let state: State;
const told: UnreadableRow[] = [];

beforeAll(async () => {
  azurite = await startAzurite();
  await connectState(azurite, systemClock).prepare();
  proxy = await startRightsProxy(azurite.connectionString, rightsOf('watch'));
  state = connectState(proxy, systemClock, (row) => told.push(row));
});
afterAll(async () => {
  await proxy?.close();
  await azurite?.close();
});
beforeEach(() => {
  told.length = 0;
});

const live = () =>
  TableClient.fromConnectionString(azurite.connectionString, 'live', { allowInsecureConnection: true });

/** What it sent. */
async function sent(act: () => Promise<unknown>): Promise<string[]> {
  proxy.requests.length = 0;
  await act();
  return [...proxy.requests];
}
const batches = (from: number, to: number) =>
  Array.from({ length: to - from }, (_, n) => aBatch({ number: from + n }));
const numbers = (from: number, to: number) => batches(from, to).map(({ number }) => number);
const listed = async () => (await state.batches.list()).batches.map(({ value }) => value.number);

describe('what batches cost', () => {
  const transaction = 'table POST $batch';

  test('a plan of up to 100 rows that are written or removed is one transaction', async () => {
    expect(await sent(() => state.batches.plan(batches(0, 100), []))).toEqual([transaction]);
    expect(await sent(() => state.batches.plan(batches(0, 40), numbers(40, 100)))).toEqual([transaction]);
    expect(await listed()).toEqual(numbers(0, 40));
    const two = await sent(() => state.batches.plan(batches(0, 101), []));
    expect(two).toEqual([transaction, transaction]);
    expect(await sent(() => state.batches.plan([], []))).toEqual([]);
  });

  test('only a plan that removes what is gone costs more: one, and one a removal', async () => {
    await state.batches.plan(batches(0, 3), numbers(3, 101));
    const requests = await sent(() => state.batches.plan(batches(0, 1), [1, 2, 3]));
    expect(requests.map((request) => request.split(' ')[1])).toEqual([
      'POST',
      'POST',
      'DELETE',
      'DELETE',
      'DELETE',
    ]);
    expect(await listed()).toEqual([0]);
  });

  test('a plan that is larger than 4 MiB is several transactions, and written whole', async () => {
    const name = () => Array.from({ length: 3 }, () => Math.random().toString(36).slice(2)).join('');
    const large = batches(0, 100).map((batch) => ({
      ...batch,
      share: { only: Array.from({ length: 2000 }, name) },
    }));
    const requests = await sent(() => state.batches.plan(large, []));
    expect(new Set(requests)).toEqual(new Set([transaction]));
    expect(requests.length).toBeGreaterThan(1);
    expect(requests.length).toBeLessThan(6);
    const found = (await state.batches.list()).batches.map(({ value }) => JSON.stringify(value.share));
    expect(found.filter((share, n) => share === JSON.stringify(large[n]?.share))).toHaveLength(100);
    await state.batches.plan([], numbers(0, 100));
  });

  test('a list, a claim, a result, a blob and a message are one each', async () => {
    await state.batches.plan(batches(0, 40), []);
    expect(await sent(() => state.batches.list())).toHaveLength(1);
    const [first] = (await state.batches.list()).batches;
    if (!first) throw new Error('no batch');
    const value = { ...first.value, result: aBatchResult() };
    expect(await sent(() => state.batches.update({ ...first, value }))).toHaveLength(1);
    expect(await sent(() => state.observations.save({ at: 5, clusters: [] }, 0))).toHaveLength(1);
    expect(await sent(() => state.nudges.batch('batch.a.0', 1000))).toEqual(['queue POST probe']);
  });

  test('a scan of a share reads the pages of its range, and no others', async () => {
    for (let cluster = 0; cluster < 12; cluster += 1) {
      const entries = Array.from({ length: 99 }, (_, n) => anEntry({ id: `${n}` }));
      await state.live.commit(`c${cluster}`, aHead({ cluster: `c${cluster}` }), undefined, entries);
    }
    const scan = async (share: Share) => {
      proxy.requests.length = 0;
      const { partitions } = await state.live.scan(share);
      const whole = [...partitions].filter(([, { head, outbox }]) => head && outbox.length === 99);
      expect(whole).toHaveLength(partitions.size);
      return { pages: proxy.requests.length, clusters: [...partitions.keys()] };
    };
    const all = ['c1', 'c10', 'c11', 'c2', 'c3', 'c4', 'c5', 'c6', 'c7', 'c8', 'c9'];
    expect(await scan({ from: 'c1', to: 'd', except: [] })).toEqual({ pages: 2, clusters: all });
    const few = { pages: 1, clusters: ['c10', 'c11'] };
    expect(await scan({ from: 'c10', to: 'c2', except: [] })).toEqual(few);
    expect(await scan({ only: ['c10', 'c11'] })).toEqual(few);
    expect(await scan({ only: ['c0', 'c9'] })).toEqual({ pages: 2, clusters: ['c0', 'c9'] });
  });
});

test('rows of batches that cannot be read are named beside the good ones, and by nothing else', async () => {
  await state.batches.plan([aBatch(), aBatch({ number: 1 })], numbers(2, 40));
  const { d0 } = await live().getEntity<{ d0: Uint8Array }>('fleet', 'batch-00000');
  const damaged: [string, Record<string, unknown>, RegExp][] = [
    ['batch-', { v: 1, d0 }, /^damaged: it holds row batch-00000 of fleet$/],
    ['batch-00001', { v: 2, d0 }, /^written by a newer Sealwatch \(v2\)/],
    ['batch-00002', { v: 1, d0: Buffer.from('not deflated') }, /^damaged: /],
    ['batch-00003', { d0 }, /^damaged: schema version missing$/],
    ['batch-00004', { v: 1, d0 }, /^damaged: it holds row batch-00000 of fleet$/],
    ['batch-x', { v: 1 }, /^damaged: /],
  ];
  for (const [rowKey, columns] of damaged) {
    await live().upsertEntity({ partitionKey: 'fleet', rowKey, ...columns }, 'Replace');
  }
  await live().upsertEntity({ partitionKey: 'fleet', rowKey: 'batch.', v: 1 }, 'Replace');
  const { batches: good, unreadable } = await state.batches.list();
  expect(good.map(({ value }) => value)).toEqual([aBatch()]);
  expect(unreadable).toEqual(
    damaged.map(([row, , why]) => ({ partition: 'fleet', row, why: expect.stringMatching(why) })),
  );
  expect((await state.live.scan()).unreadable.map(({ row }) => row)).toEqual(['batch.']);
  expect((await state.live.scan({ from: '', except: [] })).unreadable).toEqual([]);
});

test('blobs that cannot be read, and others in the container, are left out of the newest observations', async () => {
  const account = BlobServiceClient.fromConnectionString(azurite.connectionString);
  const put = async (name: string, text: string) => {
    const blob = account.getContainerClient('observations').getBlockBlobClient(name);
    await blob.upload(text, Buffer.byteLength(text));
  };
  await state.observations.save({ at: 8, clusters: [anObservation()] });
  await state.observations.save({ at: 9, clusters: [anObservation({ cluster: 'orders' })] }, 1);
  await put('batch-00002.json', 'not json');
  await put('batch-00003.json', '{"v":2,"at":99,"clusters":[]}');
  for (const other of ['batch-4.json', 'fleet-last-good.yaml', 'batch-00005.json.bak'])
    await put(other, '{"v":1,"at":99,"clusters":[]}');
  await state.observations.save({ at: 7, clusters: [] }, 0);
  expect(await state.observations.latest()).toEqual({
    at: 9,
    clusters: [anObservation(), anObservation({ cluster: 'orders' })],
  });
  expect(told.map(({ row }) => row)).toEqual(['batch-00002.json', 'batch-00003.json']);
});

test('a message that names a batch is raw text and lives as long as it should', async () => {
  const queue = QueueServiceClient.fromConnectionString(azurite.connectionString).getQueueClient('probe');
  await queue.clearMessages();
  const name = 'batch.6f1c0b9e-9d3c-4b58-a6a8-6a0a1d5a7c11.99999';
  await state.nudges.batch(name, 29_001);
  await state.nudges.batch(name, 0.5);
  const { peekedMessageItems } = await queue.peekMessages({ numberOfMessages: 2 });
  expect(peekedMessageItems.map(({ messageText }) => messageText)).toEqual([name, name]);
  const lives = peekedMessageItems.map(
    ({ insertedOn, expiresOn }) => expiresOn.getTime() - insertedOn.getTime(),
  );
  expect(lives).toEqual([30_000, 1000]);
});
