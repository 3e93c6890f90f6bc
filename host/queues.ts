/** Storage Queue triggers: poll, run, delete; or hide for a while, and after enough tries move to the poison queue. */
import { setTimeout as sleep } from 'node:timers/promises';
import {
  type DequeuedMessageItem,
  type QueueClient,
  QueueServiceClient,
  type RestError,
} from '@azure/storage-queue';
import type { Log } from '../shared/log/log.ts';
import type { Invoke } from './functions-core.ts';
import type { HostSettings } from './host-json.ts';
import type { HostedFunction } from './hosted-function.ts';

/** As the Functions host: a message of an invocation that crashed comes back after that, s. */
const whileRunning = 600;
/** Pause after the first empty answer, ms; doubled up to maxPollingInterval. */
const shortestPause = 100;
/** A poll without an answer is given up, ms. */
const answerWithin = 10_000;

type Open = { hosted: HostedFunction; account: QueueServiceClient; queue: QueueClient };

/**
 * Makes sure that the queues are there. All of them before anything listens: a start that fails takes no message.
 * @throws Error that names each function whose queue cannot be used, and what to look at.
 */
export async function openQueues(functions: HostedFunction[]): Promise<Open[]> {
  const open: Open[] = [];
  const problems: string[] = [];
  const opening = functions.map(async (hosted) => {
    if (hosted.trigger.kind !== 'queue') return;
    const { queue: name, connectionString } = hosted.trigger;
    try {
      const retryOptions = { maxTries: 2 };
      const account = QueueServiceClient.fromConnectionString(connectionString, { retryOptions });
      const queue = account.getQueueClient(name);
      await queue.createIfNotExists();
      open.push({ hosted, account, queue });
    } catch (error) {
      const { statusCode = '', code, message } = error as RestError;
      problems.push(`function "${hosted.name}": queue "${name}": ${statusCode} ${code ?? message}`);
    }
  });
  await Promise.all(opening);
  if (problems.length === 0) return open;
  throw new Error(
    `queueName or connection is wrong, or storage does not answer:\n  ${problems.join('\n  ')}`,
  );
}

/** @returns a stop: takes no more messages; resolves when those that were taken are deleted, hidden or moved. */
export function listenToQueue(open: Open, settings: HostSettings['queues'], invoke: Invoke, log: Log) {
  const { hosted, account, queue } = open;
  const { name } = queue;
  const stopped = new AbortController();
  const active = new Set<Promise<void>>();

  async function handle({ messageId, popReceipt, messageText, dequeueCount }: DequeuedMessageItem) {
    try {
      await invoke(hosted, { string: messageText }, dequeueCount);
    } catch {
      // Logged by the invocation. What fails in a poison queue stays there, and comes back after `whileRunning`.
      if (name.endsWith('-poison')) return;
      if (dequeueCount < settings.maxDequeueCount) {
        await queue.updateMessage(messageId, popReceipt, undefined, settings.visibilityTimeout);
        return;
      }
      const poisonQueue = account.getQueueClient(`${name}-poison`);
      await poisonQueue.createIfNotExists();
      await poisonQueue.sendMessage(messageText, { messageTimeToLive: -1 });
      log.error('queue-message-poisoned', { function: hosted.name, queue: name, tries: dequeueCount });
    }
    await queue.deleteMessage(messageId, popReceipt);
  }

  async function poll(): Promise<void> {
    let pause = shortestPause;
    while (!stopped.signal.aborted) {
      if (active.size >= settings.batchSize) {
        await Promise.race(active);
        continue;
      }
      // Not aborted by a stop: a message that the service has handed out already would stay hidden.
      const abortSignal = AbortSignal.timeout(answerWithin);
      const numberOfMessages = settings.batchSize - active.size;
      const options = { numberOfMessages, visibilityTimeout: whileRunning, abortSignal };
      const received = await queue.receiveMessages(options).catch((error: unknown) => {
        log.warn('queue-poll-failed', { queue: name, error });
      });
      const messages = received ? received.receivedMessageItems : [];
      for (const message of messages) {
        const work = handle(message)
          .catch((error: unknown) => log.warn('queue-message-not-settled', { queue: name, error }))
          .finally(() => active.delete(work));
        active.add(work);
      }
      // The sleep rejects when stopped, and only then.
      if (messages.length === 0) await sleep(pause, undefined, stopped).catch(() => undefined);
      pause = messages.length > 0 ? shortestPause : Math.min(pause * 2, settings.maxPollingInterval);
    }
    await Promise.all(active);
  }

  const polling = poll();
  return () => {
    stopped.abort();
    return polling;
  };
}
