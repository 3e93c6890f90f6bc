/** What watch reads of the recover app's tables, through Azure's SDKs against Azurite. */
import { randomUUID } from 'node:crypto';
import { TableClient } from '@azure/data-tables';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { type Azurite, startAzurite } from '../../cli/start/azurite.ts';
import { systemClock } from '../../shared/compose/clock.ts';
import { connectState } from '../../shared/state/azure/connect.ts';
import { connectRecoverState } from '../../shared/state/azure/recover/connect.ts';
import { recoverViewContract } from '../contract/recover-view.ts';
import { aGenerationRow, aRecovery, ended, noon } from '../fakes/state/recover-examples.ts';

let azurite: Azurite;

beforeAll(async () => {
  azurite = await startAzurite();
});
afterAll(() => azurite.close());

function table(name: string): TableClient {
  return TableClient.fromConnectionString(azurite.connectionString, name, { allowInsecureConnection: true });
}

const view = () => connectState(azurite, systemClock).recover;

/** One Azurite for all tests; each starts without rows. */
async function empty() {
  const state = connectRecoverState(azurite, systemClock, randomUUID);
  await state.prepare();
  for (const name of ['recoveries', 'generations']) {
    for await (const { partitionKey = '', rowKey = '' } of table(name).listEntities())
      await table(name).deleteEntity(partitionKey, rowKey);
  }
  return state;
}

// First: no test before it has made the tables.
describe('the view of the recover app in Azurite', () => {
  test('holds nothing while the tables were never made', async () => {
    expect(await view().recoveries(0)).toEqual({ rows: [], unreadable: [] });
    expect(await view().generations('payments')).toEqual({ rows: [], unreadable: [] });
  });

  test.for([
    { name: 'generations', row: 'newest', columns: {} },
    { name: 'recoveries', row: 'r-payments.x', columns: { status: 'open' } },
    { name: 'recoveries', row: 'r-payments.y', columns: { status: 'ended', endedAt: new Date(noon) } },
  ])('names a damaged row of $name beside the good ones: $row', async ({ name, row, columns }) => {
    const state = await empty();
    await state.generations.save(aGenerationRow({ cluster: 'orders' }), undefined);
    await state.recoveries.open(aRecovery({ cluster: 'orders', id: 'orders.a' }));
    const damaged = { partitionKey: 'payments', rowKey: row, v: 1, d0: Buffer.from('not deflated') };
    await table(name).createEntity({ ...damaged, ...columns });
    const read = name === 'generations' ? await view().generations() : await view().recoveries(noon);
    expect(read.rows.map(({ cluster }) => cluster)).toEqual(['orders']);
    expect(read.unreadable).toEqual([
      { partition: 'payments', row, why: expect.stringMatching(/^damaged: /) },
    ]);
  });
});

recoverViewContract(async () => {
  const state = await empty();
  return {
    view: view(),
    async open(recovery) {
      expect(await state.recoveries.open(recovery)).toMatchObject({ opened: true });
    },
    async past(recovery) {
      const { ended: _end, ...rest } = recovery;
      const opened = await state.recoveries.open({ ...rest, status: 'open' });
      if (!opened.opened) throw new Error('busy');
      expect(await state.recoveries.end({ value: ended(recovery, recovery.ended), etag: opened.etag })).toBe(
        'ended',
      );
    },
    async accept(row) {
      expect(await state.generations.save(row, undefined)).toMatchObject({ saved: true });
    },
  };
});
