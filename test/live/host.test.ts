/** Queue triggers of the embedded host, on Azurite's queues. */
import { app, type InvocationContext } from '@azure/functions';
import { QueueServiceClient } from '@azure/storage-queue';
import { afterAll, afterEach, beforeAll, beforeEach, expect, test } from 'vitest';
import { type Azurite, startAzurite } from '../../cli/start/azurite.ts';
import { type Host, startHost } from '../../host/start.ts';
import { createLog } from '../../shared/log/log.ts';
import { until } from '../servers/until.ts';

let azurite: Azurite;
let host: Host | undefined;
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
  host = undefined;
});

const queue = (name: string) =>
  QueueServiceClient.fromConnectionString(azurite.connectionString).getQueueClient(name);
const count = async (name: string) => (await queue(name).getProperties()).approximateMessagesCount;

type Handler = (message: unknown, context: InvocationContext) => unknown;

/** Listens to `notify` and, if wanted, `notify-poison`. */
async function start(deliver: Handler, poisoned?: Handler, visibilityTimeout = '00:00:00'): Promise<void> {
  const binding = { connection: 'SEALWATCH_STORAGE' };
  host = await startHost({
    load: async () => {
      app.storageQueue('deliver', { ...binding, queueName: 'notify', handler: deliver });
      if (poisoned)
        app.storageQueue('poisoned', { ...binding, queueName: 'notify-poison', handler: poisoned });
    },
    settings: { SEALWATCH_STORAGE: azurite.connectionString },
    storageConnectionString: azurite.connectionString,
    port: 0,
    log: createLog({ write: (line) => records.push(JSON.parse(line)), clock: { now: () => 0 } }),
    hostJson: {
      extensions: { queues: { messageEncoding: 'none', maxPollingInterval: '00:00:02', visibilityTimeout } },
    },
  });
}

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
  await start((message, { triggerMetadata }) => {
    tries.push(triggerMetadata?.dequeueCount);
    throw new Error(`cannot deliver ${String(message)}`);
  }, poisoned.resolve);
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
    undefined,
    '00:00:30',
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
  await start(
    () => undefined,
    () => {
      failed.resolve();
      throw new Error('down');
    },
  );
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
