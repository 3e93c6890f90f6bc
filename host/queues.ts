/** Storage Queue triggers: poll, run, delete; or hide for a while, and after enough tries move to the poison queue. */
import { setTimeout as sleep } from 'node:timers/promises';
import { type DequeuedMessageItem, QueueServiceClient, type RestError } from '@azure/storage-queue';
import type { Log } from '../shared/log/log.ts';
import type { Invoke } from './functions-core.ts';
import type { HostSettings } from './host-json.ts';
import type { HostedFunction, QueueTrigger } from './hosted-function.ts';

/** As the Functions host: a message of an invocation that crashed comes back after that, s. */
const whileRunning = 600;
/** Pause after the first empty answer, ms; doubled up to maxPollingInterval. */
const shortestPause = 100;
/** A poll without an answer is given up, ms. */
const answerWithin = 10_000;
const retryOptions = { maxTries: 2 };

type Open = Awaited<ReturnType<typeof openQueue>>;

/** Makes sure that it is there. @throws Error that names the function, the queue and what to look at. */
export async function openQueue(hosted: HostedFunction, { queue: name, connectionString }: QueueTrigger) {
  try {
    const account = QueueServiceClient.fromConnectionString(connectionString, { retryOptions });
    const queue = account.getQueueClient(name);
    await queue.createIfNotExists();
    return { hosted, name, queue, poisonQueue: account.getQueueClient(`${name}-poison`) };
  } catch (error) {
    const { statusCode = '', code, message } = error as RestError;
    const why = `${statusCode} ${code ?? message}: check queueName and connection`;
    throw new Error(`function "${hosted.name}": queue "${name}": ${why.trim()}`, { cause: error });
  }
}

/** @returns a stop: takes no more messages; resolves when those that were taken are deleted, hidden or moved. */
export function listenToQueue(open: Open, settings: HostSettings['queues'], invoke: Invoke, log: Log) {
  const { hosted, name, queue, poisonQueue } = open;
  const stopped = new AbortController();
  const active = new Set<Promise<unknown>>();
  const pollFailed = (error: unknown): void => log.warn('queue-poll-failed', { queue: name, error });

  async function handle({ messageId, popReceipt, messageText, dequeueCount }: DequeuedMessageItem) {
    try {
      await invoke(hosted, { string: messageText }, dequeueCount);
    } catch {
      // Logged by the invocation. What fails in a poison queue stays there, and comes back after `whileRunning`.
      if (name.endsWith('-poison')) return;
      if (dequeueCount < settings.maxDequeueCount)
        return queue.updateMessage(messageId, popReceipt, undefined, settings.visibilityTimeout);
      await poisonQueue.createIfNotExists();
      await poisonQueue.sendMessage(messageText, { messageTimeToLive: -1 });
      log.error('queue-message-poisoned', { function: hosted.name, queue: name, tries: dequeueCount });
    }
    return queue.deleteMessage(messageId, popReceipt);
  }

  async function poll(): Promise<void> {
    let pause = shortestPause;
    while (!stopped.signal.aborted) {
      // Not aborted by a stop: a message that the service has handed out already would stay hidden.
      const abortSignal = AbortSignal.timeout(answerWithin);
      const numberOfMessages = settings.batchSize - active.size;
      const options = { numberOfMessages, visibilityTimeout: whileRunning, abortSignal };
      const received = await queue.receiveMessages(options).catch(pollFailed);
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
      if (active.size >= settings.batchSize) await Promise.race(active);
    }
    await Promise.all(active);
  }

  const polling = poll();
  return () => {
    stopped.abort();
    return polling;
  };
}
