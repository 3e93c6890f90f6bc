/** Queue triggers of the embedded host, on Azurite's queues. */
import { setTimeout as sleep } from 'node:timers/promises';
import { app, type InvocationContext } from '@azure/functions';
import { QueueServiceClient } from '@azure/storage-queue';
import { afterAll, afterEach, beforeAll, beforeEach, expect, test } from 'vitest';
import { type Azurite, startAzurite } from '../../cli/start/azurite.ts';
import { type Host, startHost } from '../../host/start.ts';
import { createLog } from '../../shared/log/log.ts';
import { type QueueProxy, type QueueRequest, startQueueProxy } from '../servers/queue-proxy.ts';
import { until } from '../servers/until.ts';

let azurite: Azurite;
let host: Host | undefined;
let proxy: QueueProxy | undefined;
const records: Record<string, unknown>[] = [];

beforeAll(async () => {
  azurite = await startAzurite();
});
afterAll(() => azurite.close());
beforeEach(async () => {
  records.length = 0;
  for (const name of ['notify', 'notify-poison']) {
    await queue(name).createIfNotExists();
    await queue(name).clearMessages();
  }
});
afterEach(async () => {
  await host?.close();
  await proxy?.close();
  host = undefined;
  proxy = undefined;
});

const queue = (name: string) =>
  QueueServiceClient.fromConnectionString(azurite.connectionString).getQueueClient(name);
const count = async (name: string) => (await queue(name).getProperties()).approximateMessagesCount;

type Handler = (message: unknown, context: InvocationContext) => unknown;

interface Over {
  poisoned?: Handler;
  /** Of queues in host.json. */
  queues?: { visibilityTimeout?: string; batchSize?: number };
  /** What a proxy between the host and its queues does with each request. */
  between?: Parameters<typeof startQueueProxy>[1];
  /** Names of further queues. */
  also?: string[];
}

/** Listens to `notify` and, if wanted, `notify-poison`. */
async function start(deliver: Handler, { poisoned, queues, between, also = [] }: Over = {}): Promise<void> {
  const binding = { connection: 'SEALWATCH_STORAGE' };
  proxy = between && (await startQueueProxy(azurite.connectionString, between));
  host = await startHost({
    load: async () => {
      app.storageQueue('deliver', { ...binding, queueName: 'notify', handler: deliver });
      if (poisoned)
        app.storageQueue('poisoned', { ...binding, queueName: 'notify-poison', handler: poisoned });
      for (const queueName of also)
        app.storageQueue(`of ${queueName}`, { ...binding, queueName, handler: deliver });
    },
    settings: { SEALWATCH_STORAGE: (proxy ?? azurite).connectionString },
    port: 0,
    log: createLog({ write: (line) => records.push(JSON.parse(line)), clock: { now: () => 0 } }),
    hostJson: {
      extensions: { queues: { messageEncoding: 'none', maxPollingInterval: '00:00:02', ...queues } },
    },
  });
}

/** Storage that takes its time. */
const slowly = () => sleep(1000, undefined);
const isPoll = ({ method, path }: QueueRequest) => method === 'GET' && path === '/notify/messages';

const empty = async (name: string) => ((await count(name)) === 0 ? true : undefined);

test('a message is handed over once as it was sent, and deleted', async () => {
  const seen: unknown[] = [];
  await start((message, { triggerMetadata }) => void seen.push([message, triggerMetadata?.dequeueCount]));
  await queue('notify').sendMessage('payments');
  await until('an empty queue', 10, () => empty('notify'));
  expect(seen).toEqual([['payments', 1]]);
});

test('a failing message is tried five times, then the function of the poison queue gets it', async () => {
  const tries: unknown[] = [];
  const poisoned = Promise.withResolvers<unknown>();
  await start(
    (message, { triggerMetadata }) => {
      tries.push(triggerMetadata?.dequeueCount);
      throw new Error(`cannot deliver ${String(message)}`);
    },
    { poisoned: poisoned.resolve },
  );
  await queue('notify').sendMessage('payments');
  expect(await poisoned.promise).toBe('payments');
  expect(tries).toEqual([1, 2, 3, 4, 5]);
  await until('both queues empty', 10, async () => (await empty('notify')) && empty('notify-poison'));
  expect(records.filter(({ event }) => event === 'queue-message-poisoned')).toMatchObject([
    { level: 'error', function: 'deliver', queue: 'notify', tries: 5 },
  ]);
});

test('between tries a message is hidden, so that a short outage does not use them up', async () => {
  const failed = Promise.withResolvers<void>();
  let tries = 0;
  await start(
    () => {
      tries += 1;
      failed.resolve();
      throw new Error('down');
    },
    { queues: { visibilityTimeout: '00:00:30' } },
  );
  await queue('notify').sendMessage('payments');
  await failed.promise;
  // Stopping waits for what runs, so the message is settled by then.
  await host?.close();
  expect(await count('notify')).toBe(1);
  expect((await queue('notify').receiveMessages()).receivedMessageItems).toEqual([]);
  expect(tries).toBe(1);
});

test('what fails in the poison queue stays there', async () => {
  const failed = Promise.withResolvers<void>();
  await start(() => undefined, {
    poisoned: () => {
      failed.resolve();
      throw new Error('down');
    },
  });
  await queue('notify-poison').sendMessage('payments');
  await failed.promise;
  await host?.close();
  expect(await count('notify-poison')).toBe(1);
  expect(await queue('notify-poison-poison').exists()).toBe(false);
});

test('a slow message does not hold up the others', async () => {
  const slow = Promise.withResolvers<void>();
  const quick = Promise.withResolvers<void>();
  await start((message) => (message === 'slow' ? slow.promise : quick.resolve()));
  await queue('notify').sendMessage('slow');
  await until('the slow one being worked on', 10, async () =>
    (await queue('notify').peekMessages()).peekedMessageItems.length === 0 ? true : undefined,
  );
  await queue('notify').sendMessage('quick');
  await quick.promise;
  slow.resolve();
  await until('an empty queue', 10, () => empty('notify'));
});

test('stopping waits for a message that is worked on, and deletes it', async () => {
  const begun = Promise.withResolvers<void>();
  const finish = Promise.withResolvers<void>();
  await start(async () => {
    begun.resolve();
    await finish.promise;
  });
  await queue('notify').sendMessage('payments');
  await begun.promise;
  const closed = host?.close();
  finish.resolve();
  await closed;
  expect(await count('notify')).toBe(0);
});

test('stopping waits until what was taken is deleted, however slow storage is', async () => {
  const begun = Promise.withResolvers<void>();
  const between = async ({ method }: QueueRequest) => (method === 'DELETE' ? slowly() : undefined);
  await start(() => begun.resolve(), { between });
  await queue('notify').sendMessage('payments');
  await begun.promise;
  await host?.close();
  expect(await count('notify')).toBe(0);
});

test('what hangs at stop is named', async () => {
  const begun = Promise.withResolvers<void>();
  await start(() => {
    begun.resolve();
    return new Promise(() => undefined);
  });
  await queue('notify').sendMessage('payments');
  await begun.promise;
  await host?.close();
  expect(records.slice(-2)).toMatchObject([
    { level: 'warn', event: 'host-stopped-early', stillRunning: ['deliver'] },
    { level: 'info', event: 'host-stopped' },
  ]);
});

test('no more messages are worked on at a time than batchSize', async () => {
  const all = ['first', 'second', 'third', 'fourth', 'fifth'];
  for (const message of all) await queue('notify').sendMessage(message);
  const done: string[] = [];
  const others = Promise.withResolvers<void>();
  let active = 0;
  let most = 0;
  const deliver: Handler = async (message) => {
    active += 1;
    most = Math.max(most, active);
    if (done.length + active === all.length) others.resolve();
    // One holds its place until the last one is there.
    if (message === 'first') await others.promise;
    else await count('notify');
    active -= 1;
    done.push(String(message));
  };
  await start(deliver, { queues: { batchSize: 2 } });
  await until('an empty queue', 10, () => empty('notify'));
  expect(new Set(done)).toEqual(new Set(all));
  expect([done.length, most]).toEqual([all.length, 2]);
  expect(records.filter(({ level }) => level !== 'info')).toEqual([]);
});

test('a poll that fails is told, and is not the last one', async () => {
  const seen = Promise.withResolvers<unknown>();
  let polls = 0;
  await start(seen.resolve, {
    between: (request) => (isPoll(request) && ++polls === 1 ? 403 : undefined),
  });
  await queue('notify').sendMessage('payments');
  expect(await seen.promise).toBe('payments');
  expect(records.filter(({ level }) => level === 'warn')).toMatchObject([
    { event: 'queue-poll-failed', queue: 'notify', error: { message: expect.stringContaining('403') } },
  ]);
});

test('a host with queues that cannot be used names them all, and takes no message', async () => {
  const polls: QueueRequest[] = [];
  await queue('notify').sendMessage('payments');
  const between = (request: QueueRequest) => void (isPoll(request) && polls.push(request));
  const refused = start(() => undefined, { also: ['Bad_Name', 'x'], between });
  await expect(refused).rejects.toThrow(
    'function "of Bad_Name": queue "Bad_Name": 400 InvalidResourceName: check queueName and connection\n' +
      'function "of x": queue "x": 400 OutOfRangeInput: check queueName and connection',
  );
  expect(await count('notify')).toBe(1);
  expect(polls).toEqual([]);
});
