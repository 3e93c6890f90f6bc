/** Storage Queue triggers: poll, run, delete; or hide for a while, and after enough tries move to the poison queue. */
import { setTimeout as sleep } from 'node:timers/promises';
import { type DequeuedMessageItem, type QueueClient, QueueServiceClient } from '@azure/storage-queue';
import type { Log } from '../shared/log/log.ts';
import type { TypedData } from './core-types.ts';
import type { HostSettings } from './host-json.ts';
import type { HostedFunction } from './hosted-function.ts';
import type { Invoke } from './invoke.ts';

export interface QueueListener {
  /** Takes no more messages; resolves when those that were taken are deleted, hidden or moved. */
  stop(): Promise<void>;
}

/** As the Functions host: a message of an invocation that crashed comes back after that, s. */
const whileRunning = 600;
/** Pause after the first empty answer, ms; doubled up to maxPollingInterval. */
const shortestPause = 100;
/** A poll without an answer is given up, ms. */
const answerWithin = 10_000;
const poison = '-poison';

interface Listening {
  hosted: HostedFunction;
  queue: QueueClient;
  /** Undefined for a poison queue: what fails there stays, and comes back after `whileRunning`. */
  poisonQueue: QueueClient | undefined;
  settings: HostSettings['queues'];
  invoke: Invoke;
  log: Log;
}

export async function listenToQueue(
  hosted: HostedFunction,
  { queue: name, connectionString }: { queue: string; connectionString: string },
  settings: HostSettings['queues'],
  invoke: Invoke,
  log: Log,
): Promise<QueueListener> {
  const account = QueueServiceClient.fromConnectionString(connectionString, {
    retryOptions: { maxTries: 2 },
  });
  const queue = account.getQueueClient(name);
  const poisonQueue = name.endsWith(poison) ? undefined : account.getQueueClient(`${name}${poison}`);
  await queue.createIfNotExists();
  const stopped = new AbortController();
  const polling = poll({ hosted, queue, poisonQueue, settings, invoke, log }, stopped.signal);
  return {
    async stop() {
      stopped.abort();
      await polling;
    },
  };
}

async function poll(listening: Listening, stopped: AbortSignal): Promise<void> {
  const { queue, settings, log } = listening;
  const active = new Set<Promise<void>>();
  let pause = shortestPause;
  while (!stopped.aborted) {
    if (active.size >= settings.batchSize) {
      await Promise.race([...active, pauseFor(settings.maxPollingInterval, stopped)]);
      continue;
    }
    // Not aborted: a message that the service has handed out already would stay hidden.
    const messages = await receive(queue, settings.batchSize - active.size).catch((error: unknown) => {
      log.warn('queue-poll-failed', { queue: queue.name, error });
      return [];
    });
    for (const message of messages) {
      const work = handle(listening, message).catch((error: unknown) => {
        log.warn('queue-message-not-settled', { queue: queue.name, error });
      });
      active.add(work);
      void work.finally(() => active.delete(work));
    }
    if (messages.length > 0) {
      pause = shortestPause;
      continue;
    }
    await pauseFor(pause, stopped);
    pause = Math.min(pause * 2, settings.maxPollingInterval);
  }
  await Promise.all(active);
}

async function receive(queue: QueueClient, numberOfMessages: number): Promise<DequeuedMessageItem[]> {
  const { receivedMessageItems } = await queue.receiveMessages({
    numberOfMessages: Math.min(32, numberOfMessages),
    visibilityTimeout: whileRunning,
    abortSignal: AbortSignal.timeout(answerWithin),
  });
  return receivedMessageItems;
}

async function handle(
  { hosted, queue, poisonQueue, settings, invoke, log }: Listening,
  message: DequeuedMessageItem,
): Promise<void> {
  const { messageId, popReceipt, messageText, dequeueCount } = message;
  const failed = await invoke(hosted, { string: messageText }, metadataOf(message)).then(
    () => false,
    // Logged by the invocation.
    () => true,
  );
  if (!failed) {
    await queue.deleteMessage(messageId, popReceipt);
    return;
  }
  if (!poisonQueue) return;
  if (dequeueCount < settings.maxDequeueCount) {
    await queue.updateMessage(messageId, popReceipt, undefined, settings.visibilityTimeout);
    return;
  }
  await poisonQueue.createIfNotExists();
  await poisonQueue.sendMessage(messageText, { messageTimeToLive: -1 });
  await queue.deleteMessage(messageId, popReceipt);
  log.error('queue-message-poisoned', { function: hosted.name, queue: queue.name, tries: dequeueCount });
}

function metadataOf(message: DequeuedMessageItem): Record<string, TypedData> {
  return {
    QueueTrigger: { string: message.messageText },
    DequeueCount: { int: message.dequeueCount },
    Id: { string: message.messageId },
    PopReceipt: { string: message.popReceipt },
    InsertionTime: { json: JSON.stringify(message.insertedOn) },
    ExpirationTime: { json: JSON.stringify(message.expiresOn) },
    NextVisibleTime: { json: JSON.stringify(message.nextVisibleOn) },
  };
}

async function pauseFor(ms: number, stopped: AbortSignal): Promise<void> {
  await sleep(ms, undefined, { signal: stopped }).catch((error: unknown) => {
    if (!stopped.aborted) throw error;
  });
}
