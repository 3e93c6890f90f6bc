/** Queues `notify`, `probe`, `steps` and `turns`: raw text, as host.json's `messageEncoding: none` expects. */
import { checkBatchMessage } from '../batch-rows.ts';
import { checkKey } from '../limits.ts';
import type { Call } from './calls.ts';
import type { Clients } from './clients.ts';

/** The service hides a message for at most 7 days, s. */
const longestDelay = 7 * 24 * 3600;
/** A nudge that nobody took within a day of its time says nothing that the next sweep does not find, s. */
const lifetime = 24 * 3600;

interface AnyNudges {
  send(queue: 'notify' | 'probe' | 'steps' | 'turns', cluster: string, delayMs: number): Promise<void>;
  batch(name: string, lifetimeMs: number): Promise<void>;
}

/** Serves the Nudges of every app. */
export function connectNudges(clients: Clients, call: Call): AnyNudges {
  return {
    async send(queue, cluster, delayMs) {
      checkKey('cluster', cluster);
      const client = await clients.queue(queue);
      const visibilityTimeout = Math.min(longestDelay, Math.max(0, Math.ceil(delayMs / 1000)));
      await call(`queue ${queue}`, (abortSignal) =>
        client.sendMessage(cluster, {
          visibilityTimeout,
          messageTimeToLive: visibilityTimeout + lifetime,
          abortSignal,
        }),
      );
    },

    async batch(name, lifetimeMs) {
      checkBatchMessage(name);
      const client = await clients.queue('probe');
      const messageTimeToLive = Math.max(1, Math.ceil(lifetimeMs / 1000));
      await call('queue probe', (abortSignal) =>
        client.sendMessage(name, { messageTimeToLive, abortSignal }),
      );
    },
  };
}
