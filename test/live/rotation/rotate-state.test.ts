/** The rotate app's state through Azure's SDKs against Azurite: the contract, and what only a real service shows. */
import { TableClient } from '@azure/data-tables';
import { QueueServiceClient } from '@azure/storage-queue';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { type Azurite, startAzurite } from '../../../cli/start/azurite.ts';
import { systemClock } from '../../../shared/compose/clock.ts';
import { connectState } from '../../../shared/state/azure/connect.ts';
import { connectRotateState } from '../../../shared/state/azure/rotate/connect.ts';
import type { RotateState } from '../../../shared/state/rotate-ports.ts';
import { rotateStateContract } from '../../contract/rotate-state.ts';
import { aFullReadiness, aReadiness } from '../../fakes/state/rotate-examples.ts';

let azurite: Azurite;
beforeAll(async () => {
  azurite = await startAzurite();
});
afterAll(() => azurite.close());

const table = () =>
  TableClient.fromConnectionString(azurite.connectionString, 'readiness', { allowInsecureConnection: true });
const queue = (name: string) =>
  QueueServiceClient.fromConnectionString(azurite.connectionString).getQueueClient(name);
const view = () => connectState(azurite, systemClock).rotate;
const keys = { partitionKey: 'payments', rowKey: 'latest' };

/** One Azurite for all tests; each starts without rows and messages. */
async function emptyState(): Promise<RotateState> {
  const state = connectRotateState(azurite, systemClock);
  await state.prepare();
  for await (const { partitionKey = '', rowKey = '' } of table().listEntities())
    await table().deleteEntity(partitionKey, rowKey);
  for (const name of ['turns', 'probe']) await queue(name).clearMessages();
  return state;
}

// First: no test before it has made the table and the queues.
describe('a storage account that nobody prepared', () => {
  test('holds no readiness, for either app', async () => {
    const { readiness } = connectRotateState(azurite, systemClock);
    expect(await readiness.list()).toEqual({ rows: [], unreadable: [] });
    expect(await view().readiness('payments')).toEqual({ rows: [], unreadable: [] });
  });

  test.for<[string, (state: RotateState) => Promise<unknown>]>([
    ['table readiness', (state) => state.readiness.save(aReadiness())],
    ['queue turns', (state) => state.nudges.send('turns', 'payments', 0)],
  ])('says that %s does not exist', async ([what, call]) => {
    await expect(call(connectRotateState(azurite, systemClock))).rejects.toMatchObject({
      name: 'StateError',
      code: 'missing',
      message: expect.stringContaining(`${what} does not exist`) as string,
    });
  });
});

describe("the rotate app's state in Azurite", () => {
  rotateStateContract(async () => ({
    state: await emptyState(),
    async makeNewer(cluster) {
      await table().upsertEntity({ partitionKey: cluster, rowKey: 'latest', v: 2 }, 'Merge');
    },
    async messages(name) {
      const { receivedMessageItems } = await queue(name).receiveMessages({ numberOfMessages: 32 });
      return receivedMessageItems.map(({ messageText }) => messageText);
    },
  }));

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
});
