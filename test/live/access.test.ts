/**
 * The state of each app with no more rights than infra/main.bicep gives it: they are enough, and each is needed, by
 * itself or by the Functions host. Azurite knows no roles; test/servers/rights-proxy.ts refuses what Azure would.
 */
import { randomUUID } from 'node:crypto';
import { BlobServiceClient } from '@azure/storage-blob';
import { QueueServiceClient } from '@azure/storage-queue';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { type Azurite, startAzurite } from '../../cli/start/azurite.ts';
import { systemClock } from '../../shared/compose/clock.ts';
import { fleetReader } from '../../shared/compose/fleet-blob.ts';
import { blobServiceOf, readFleetPlace } from '../../shared/compose/fleet-place.ts';
import { connectState } from '../../shared/state/azure/connect.ts';
import { connectRecoverState } from '../../shared/state/azure/recover/connect.ts';
import { readHolds } from '../../shared/state/azure/recover/holds-read.ts';
import { connectRotateState } from '../../shared/state/azure/rotate/connect.ts';
import { aBatch, aHead, anEntry, anObservation, aTransition } from '../fakes/state/examples.ts';
import {
  aGenerationRow,
  anApproval,
  anAuditEntry,
  aRecovery,
  aStart,
  noon,
} from '../fakes/state/recover-examples.ts';
import { aReadiness, aRotation, aRotationApproval, aRotationAudit } from '../fakes/state/rotate-examples.ts';
import { type App, apps, design } from '../infra/design.ts';
import { rightsOf } from '../infra/rights.ts';
import { type RightsProxy, startRightsProxy } from '../servers/rights-proxy.ts';

let azurite: Azurite;
const proxies = new Map<App, RightsProxy>();

beforeAll(async () => {
  azurite = await startAzurite();
  // A deployment makes them; no app could.
  await connectState(azurite, systemClock).prepare();
  await connectRecoverState(azurite, systemClock, randomUUID).prepare();
  await connectRotateState(azurite, systemClock, randomUUID).prepare();
  const fleet = BlobServiceClient.fromConnectionString(azurite.connectionString).getContainerClient('fleet');
  await fleet.create();
  await fleet.getBlockBlobClient('fleet.yaml').upload('version: 1\n', 11);
  for (const app of apps) proxies.set(app, await startRightsProxy(azurite.connectionString, rightsOf(app)));
});
afterAll(async () => {
  for (const proxy of proxies.values()) await proxy.close();
  await azurite?.close();
});

function proxyOf(app: App): RightsProxy {
  const proxy = proxies.get(app);
  if (!proxy) throw new Error(`${app} has no proxy`);
  return proxy;
}
const asWatch = () => connectState(proxyOf('watch'), systemClock);
const asRotate = () => connectRotateState(proxyOf('rotate'), systemClock, randomUUID);
const asRecover = () => connectRecoverState(proxyOf('recover'), systemClock, randomUUID);

describe('with its own rights', () => {
  test('watch commits, keeps history and observations, and reads what the others wrote', async () => {
    const { live, sweeps, batches, words, history, observations, lastGood, recover, rotate, nudges } =
      asWatch();
    const committed = await live.commit('payments', aHead(), undefined, [anEntry()]);
    if (!committed.committed) throw new Error('refused');
    await live.scan();
    await live.read('payments');
    const [entry] = committed.outbox;
    if (entry) expect(await live.remove('payments', entry)).toBe('removed');
    await sweeps.last();
    await batches.plan([aBatch(), aBatch({ number: 1 })], []);
    await batches.plan([], [1]);
    const [batch] = (await batches.list()).batches;
    if (batch) expect(await batches.update(batch)).toMatchObject({ value: aBatch() });
    expect((await live.scan({ only: ['payments'] })).partitions.size).toBe(1);
    await history.append([aTransition()]);
    await observations.save({ at: noon, clusters: [] });
    await observations.save({ at: noon, clusters: [anObservation()] }, 1);
    expect(await observations.latest()).toEqual({ at: noon, clusters: [anObservation()] });
    await lastGood.save('version: 1\n');
    expect(await lastGood.read()).toBe('version: 1\n');
    await words.quiets();
    await words.holds();
    await recover.recoveries(0);
    await recover.generations();
    await rotate.readiness();
    await rotate.rotations();
    for (const queue of ['notify', 'probe', 'steps'] as const) await nudges.send(queue, 'payments', 0);
    await nudges.batch('batch.sweep-1.0', 60_000);
    expect(proxyOf('watch').refused).toEqual([]);
  });

  test('rotate opens, approves, saves, judges and notes, and reads what stops it', async () => {
    const { readiness, rotations, audit, nudges } = asRotate();
    await readiness.save(aReadiness());
    await readiness.list();
    await readiness.remove('payments');
    const opened = await rotations.open(aRotation(), ['a lock']);
    if (!opened.opened) throw new Error('refused');
    await rotations.approve(aRotationApproval());
    await rotations.approvals('payments', aRotation().id);
    const saved = await rotations.save({ value: aRotation(), etag: opened.etag });
    expect(saved.saved).toBe(true);
    await rotations.allActive();
    await audit.write(aRotationAudit());
    for (const queue of ['turns', 'probe'] as const) await nudges.send(queue, 'payments', 0);
    const { recover } = connectState(proxyOf('rotate'), systemClock);
    await recover.generations('payments');
    await recover.recoveries(0, 'payments');
    await readHolds(proxyOf('rotate'), systemClock).of('payments');
    expect(proxyOf('rotate').refused).toEqual([]);
  });

  test('recover opens, approves, holds, keeps generations and envelopes, and notes', async () => {
    const { recoveries, approvals, holds, generations, escrow, starts, audit, nudges } = asRecover();
    expect((await recoveries.open(aRecovery())).opened).toBe(true);
    await recoveries.allActive();
    await approvals.save(anApproval());
    await approvals.of('payments', aRecovery().id);
    await holds.set({ cluster: 'payments', by: 'Alice', reason: 'migration', until: noon + 5, at: noon });
    expect(await holds.end('payments')).toBe('ended');
    await generations.save(aGenerationRow(), undefined);
    await generations.newest('payments');
    await starts.note([aStart()]);
    await starts.of('payments');
    await audit.write(anAuditEntry());
    for (const queue of ['steps', 'probe'] as const) await nudges.send(queue, 'payments', 0);
    const name = 'payments/0001.0001.json';
    expect((await escrow.create(name, Buffer.from('{}'))).created).toBe(true);
    expect((await escrow.read(name))?.bytes.toString()).toBe('{}');
    expect(await escrow.list('payments')).toEqual([name]);
    await connectState(proxyOf('recover'), systemClock).live.read('payments');
    expect(proxyOf('recover').refused).toEqual([]);
  });

  test('recover cannot overwrite an envelope, and takes the refusal for what it is', async () => {
    const { escrow } = asRecover();
    const again = await escrow.create('payments/0001.0001.json', Buffer.from('{"other":1}'));
    expect(again).toEqual({ created: false, why: 'exists' });
    expect((await escrow.read('payments/0001.0001.json'))?.bytes.toString()).toBe('{}');
  });

  test.for([...apps])(
    '%s reads fleet.yaml, looks for its older versions, and can write neither',
    async (app) => {
      const { connectionString, refused } = proxyOf(app);
      const service = blobServiceOf({ connectionString });
      const found = readFleetPlace(`${service}/fleet/fleet.yaml`, service);
      if (!found.ok) throw new Error(found.problem);
      const { read, previous } = fleetReader(found.place, {
        storage: { connectionString },
        credential: () => Promise.reject(new Error('not asked')),
        clock: systemClock,
        log: { warn: (event) => expect.fail(event) },
      });
      expect((await read()).text).toBe('version: 1\n');
      // Azurite keeps none: the list of what there is needs the same right.
      for await (const version of previous?.() ?? []) expect.fail(version.text);
      expect(refused).toEqual([]);
      const container = BlobServiceClient.fromConnectionString(connectionString).getContainerClient('fleet');
      const body = 'version: 2\n';
      const forbidden = { statusCode: 403 };
      await expect(container.getBlockBlobClient('fleet.yaml').upload(body, 11)).rejects.toMatchObject(
        forbidden,
      );
      await expect(container.deleteBlob('fleet.yaml')).rejects.toMatchObject(forbidden);
      expect(refused).toEqual(['blob.write fleet', 'blob.write fleet']);
      refused.length = 0;
    },
  );

  test.for([...apps])(
    'the Functions host serves the queues of %s: scales by them, takes, gives back, removes, sets aside',
    async (app) => {
      const { connectionString, refused } = proxyOf(app);
      const service = QueueServiceClient.fromConnectionString(connectionString);
      for (const name of design[app].writes.queues) {
        const queue = service.getQueueClient(name);
        // Its own, or one that the apps sent above.
        await queue.sendMessage('of the host');
        await queue.getProperties();
        await queue.peekMessages();
        const { receivedMessageItems } = await queue.receiveMessages();
        const [message] = receivedMessageItems;
        if (!message) throw new Error(`nothing in ${name}`);
        const { messageId, popReceipt, messageText } = message;
        const updated = await queue.updateMessage(messageId, popReceipt, messageText, 0);
        await queue.deleteMessage(messageId, updated.popReceipt ?? popReceipt);
      }
      expect(refused).toEqual([]);
      const [name = ''] = design[app].writes.queues;
      const forbidden = { statusCode: 403 };
      await expect(service.getQueueClient(name).clearMessages()).rejects.toMatchObject(forbidden);
      await expect(service.getQueueClient(name).delete()).rejects.toMatchObject(forbidden);
      expect(refused).toEqual([`queue.clear ${name}`, `queue.make ${name}`]);
      refused.length = 0;
    },
  );

  test('each right was needed', () => {
    for (const app of apps) expect([app, ...rightsOf(app)]).toEqual([app, ...[...proxyOf(app).used].sort()]);
  });
});

describe('what an app may not', () => {
  test.for<[string, App, () => Promise<unknown>, string]>([
    [
      'watch: say that a recovery was asked for',
      'watch',
      () => stateAs('watch').recoveries.open(aRecovery()),
      'table.write recoveries',
    ],
    [
      'watch: approve one',
      'watch',
      () => stateAs('watch').approvals.save(anApproval()),
      // What is there is looked at first: a newer version of us may have written it.
      'table.read approvals',
    ],
    [
      'watch: read an envelope',
      'watch',
      () => stateAs('watch').escrow.read('payments/0001.0001.json'),
      'blob.read escrow',
    ],
    [
      'rotate: read an envelope',
      'rotate',
      () => stateAs('rotate').escrow.read('payments/0001.0001.json'),
      'blob.read escrow',
    ],
    [
      'rotate: end a hold',
      'rotate',
      async () => {
        await asRecover().holds.set({
          cluster: 'payments',
          by: 'Alice',
          reason: 'r',
          until: noon + 5,
          at: noon,
        });
        return stateAs('rotate').holds.end('payments');
      },
      'table.write holds',
    ],
    [
      'rotate: nudge a recovery',
      'rotate',
      () => stateAs('rotate').nudges.send('steps', 'payments', 0),
      'queue.send steps',
    ],
    [
      'recover: say what a cluster is like',
      'recover',
      () => connectState(proxyOf('recover'), systemClock).live.commit('payments', aHead(), undefined, []),
      'table.write live',
    ],
    [
      'recover: read observations',
      'recover',
      () => connectState(proxyOf('recover'), systemClock).observations.latest(),
      'blob.read observations',
    ],
    ['recover: make a table', 'recover', () => asRecover().prepare(), 'table.make Tables'],
  ])('%s', async ([, app, act, right]) => {
    const { refused } = proxyOf(app);
    refused.length = 0;
    await expect(act()).rejects.toMatchObject({ name: 'StateError' });
    expect(refused).toContain(right);
  });

  /** The recover app's ports in another one's hands. */
  function stateAs(app: App) {
    return connectRecoverState(proxyOf(app), systemClock, randomUUID);
  }
});
