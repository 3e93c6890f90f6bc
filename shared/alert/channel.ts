/**
 * A channel renders a message and posts it. To add one: a file in ./channels/, its kind in fleet/schema,
 * its row in compose, and nothing in the contract suite but its name.
 */
import type { Message } from './alert.ts';

/** How a delivery ended. Closed reasons; `retryAfterMs` when the receiver named a time. */
export type Delivery =
  | { delivered: true }
  | {
      delivered: false;
      /** `gone`: 404/410, the hook does not exist any more; `refused`: it will never take this message. */
      reason:
        | 'throttled'
        | 'unavailable'
        | 'timeout'
        | 'network'
        | 'redirect'
        | 'refused'
        | 'gone'
        | 'config';
      /** Whether the same message may go through later. */
      recoverable: boolean;
      retryAfterMs?: number;
      /** One line without the URL (it is a secret for chat hooks), the body or any header. */
      detail: string;
    };

/** What a channel sends: pure. */
export interface Rendered {
  headers: Record<string, string>;
  body: string;
}

export interface Sender {
  deliver(message: Message, signal: AbortSignal): Promise<Delivery>;
}
