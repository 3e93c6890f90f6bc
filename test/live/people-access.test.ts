/**
 * What people do with the data account by their own login, with no more rights than infra/main.bicep gives their groups:
 * they are enough, and each is needed. Azurite knows no roles; test/servers/rights-proxy.ts refuses what Azure would.
 */
import { randomUUID } from 'node:crypto';
import { BlobServiceClient } from '@azure/storage-blob';
import { afterAll, afterEach, beforeAll, describe, expect, test } from 'vitest';
import { type Azurite, startAzurite } from '../../cli/start/azurite.ts';
import { systemClock } from '../../shared/compose/clock.ts';
import { readFleetBlob } from '../../shared/compose/fleet-blob.ts';
import { blobServiceOf, readFleetPlace } from '../../shared/compose/fleet-place.ts';
import { connectState } from '../../shared/state/azure/connect.ts';
import { connectRecoverState } from '../../shared/state/azure/recover/connect.ts';
import { storageTime } from '../../shared/state/azure/storage-time.ts';
import { lookInStorage } from '../../shared/work/break-glass/storage.ts';
import { watchFacts } from '../../shared/work/recover/watch-facts.ts';
import { aGenerationRow, anAuditEntry, aRecovery, aStart, noon } from '../fakes/state/recover-examples.ts';
import { type People, people } from '../infra/design.ts';
import { rightsOf } from '../infra/rights.ts';
import { type RightsProxy, startRightsProxy } from '../servers/rights-proxy.ts';

const groups = Object.keys(people) as People[];
const fleetText = 'version: 1\n';

let azurite: Azurite;
const proxies = new Map<People, RightsProxy>();

beforeAll(async () => {
  azurite = await startAzurite();
  // A deployment makes them, and recover wrote a row.
  await connectState(azurite, systemClock).prepare();
  const recover = connectRecoverState(azurite, systemClock, randomUUID);
  await recover.prepare();
  await recover.generations.save(aGenerationRow(), undefined);
  await recover.escrow.create('payments/0001.0001.json', Buffer.from('{}'));
  const fleet = BlobServiceClient.fromConnectionString(azurite.connectionString).getContainerClient('fleet');
  await fleet.create();
  await fleet.getBlockBlobClient('fleet.yaml').upload(fleetText, fleetText.length);
  for (const group of groups) {
    proxies.set(group, await startRightsProxy(azurite.connectionString, rightsOf(group)));
  }
});
afterAll(async () => {
  for (const proxy of proxies.values()) await proxy.close();
  await azurite?.close();
});
afterEach(() => {
  for (const { refused } of proxies.values()) refused.length = 0;
});

function proxyOf(group: People): RightsProxy {
  const proxy = proxies.get(group);
  if (!proxy) throw new Error(`${group} has no proxy`);
  return proxy;
}
const stateOf = (group: People) => connectRecoverState(proxyOf(group), systemClock, randomUUID);

async function fleetAs(group: People): Promise<string> {
  const { connectionString } = proxyOf(group);
  const service = blobServiceOf({ connectionString });
  const found = readFleetPlace(`${service}/fleet/fleet.yaml`, service);
  if (!found.ok || !found.place.blob) throw new Error('no place of a blob');
  const read = await readFleetBlob(found.place.blob, {
    storage: { connectionString },
    credential: () => Promise.reject(new Error('not asked')),
    clock: systemClock,
    log: { warn: (event) => expect.fail(event) },
  });
  return read.text;
}

describe('with the rights of their group', () => {
  test('people put fleet.yaml in its place', async () => {
    const { connectionString, refused } = proxyOf('fleet-writers');
    const fleet = BlobServiceClient.fromConnectionString(connectionString).getContainerClient('fleet');
    await fleet.getBlockBlobClient('fleet.yaml').upload(fleetText, fleetText.length);
    expect(refused).toEqual([]);
  });

  test('people import: they look for the newest generation and the highest blob, and make the next', async () => {
    const { generations, escrow } = stateOf('importers');
    expect(await fleetAs('importers')).toBe(fleetText);
    expect((await generations.newest('payments'))?.value).toEqual(aGenerationRow());
    expect(await escrow.list('payments')).toEqual(['payments/0001.0001.json']);
    expect((await escrow.create('payments/0002.0001.json', Buffer.from('{}'))).created).toBe(true);
    expect((await escrow.read('payments/0002.0001.json'))?.bytes.toString()).toBe('{}');
    expect(proxyOf('importers').refused).toEqual([]);
  });

  test('people break glass: they look, open a recovery, keep and end its row, and note', async () => {
    const proxy = proxyOf('break-glass');
    const state = stateOf('break-glass');
    const { recoveries, generations, starts, audit, holds } = state;
    const { live } = connectState(proxy, systemClock);
    expect(await fleetAs('break-glass')).toBe(fleetText);
    const looked = await lookInStorage(
      {
        state,
        facts: (cluster) => watchFacts(live, cluster),
        time: () => storageTime(proxy, systemClock),
      },
      'payments',
      systemClock,
    );
    // The row's envelopes are not there: all else was read.
    expect(looked).toMatchObject({ ok: false, away: false });
    await holds.of('payments');
    expect((await recoveries.open(aRecovery())).opened).toBe(true);
    const active = await recoveries.active('payments');
    if (!active) throw new Error('not open');
    expect((await recoveries.save(active)).saved).toBe(true);
    const row = await generations.newest('payments');
    if (!row) throw new Error('no generation');
    expect((await generations.save({ ...row.value, provenAt: noon }, row.etag)).saved).toBe(true);
    await starts.of('payments');
    await starts.note([aStart()]);
    await audit.write(anAuditEntry());
    expect(proxy.refused).toEqual([]);
  });

  test('each right was needed', () => {
    for (const group of groups) {
      expect([group, ...rightsOf(group)]).toEqual([group, ...[...proxyOf(group).used].sort()]);
    }
  });
});

describe('what people may not', () => {
  test.for<[string, People, () => Promise<unknown>, string]>([
    [
      'import: say that a generation is accepted',
      'importers',
      () => stateOf('importers').generations.save(aGenerationRow({ cluster: 'orders' }), undefined),
      'table.write generations',
    ],
    [
      'import: open a recovery',
      'importers',
      () => stateOf('importers').recoveries.open(aRecovery({ cluster: 'orders' })),
      'table.write recoveries',
    ],
    [
      'break glass: make an envelope',
      'break-glass',
      () => stateOf('break-glass').escrow.create('orders/0001.0001.json', Buffer.from('{}')),
      'blob.create escrow',
    ],
    [
      'break glass: end a hold',
      'break-glass',
      () =>
        stateOf('break-glass').holds.set({
          cluster: 'orders',
          by: 'Alice',
          reason: 'r',
          until: noon + 5,
          at: noon,
        }),
      'table.write holds',
    ],
    [
      'write fleet.yaml: read an envelope',
      'fleet-writers',
      () => stateOf('fleet-writers').escrow.read('payments/0001.0001.json'),
      'blob.read escrow',
    ],
  ])('%s', async ([, group, act, right]) => {
    await expect(act()).rejects.toMatchObject({ name: 'StateError' });
    expect(proxyOf(group).refused).toContain(right);
  });
});
