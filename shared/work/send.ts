/** One attempt to hand a message to its channel: it ends, and it ends with an answer. */
import type { Delivery } from '../alert/channel.ts';
import type { Fleet } from '../fleet/fleet.ts';
import type { OutboxEntry } from '../state/ports.ts';
import type { WatchDeps } from './deps.ts';

/** Time for one POST with everything around it, its secrets too, ms. Shorter than a claim. */
const sendMs = 15_000;

/**
 * Never rejects and never hangs: a secret that is never read is a timeout; a sender that throws, on a damaged row
 * for one, has a message that only its fallback may be able to send.
 */
export async function send(
  deps: Pick<WatchDeps, 'sender' | 'clock' | 'log'>,
  fleet: Fleet,
  { channel, message }: Extract<OutboxEntry['effect'], { kind: 'message' }>,
): Promise<Delivery> {
  const { promise: late, resolve } = Promise.withResolvers<Delivery>();
  const abort = new AbortController();
  const cancel = deps.clock.after(sendMs, () => {
    resolve(timedOut);
    abort.abort();
  });
  try {
    const sender = deps.sender(channel, fleet);
    if (!sender) return misconfigured(`fleet.yaml has no channel ${channel} any more`);
    return await Promise.race([sender.deliver(message, abort.signal), late]);
  } catch (error) {
    deps.log.error('message-not-sendable', { cluster: message.cluster, channel, id: message.id, error });
    return misconfigured('this message cannot be rendered or sent: see the log of the watch app');
  } finally {
    cancel();
  }
}

const timedOut: Delivery = {
  delivered: false,
  reason: 'timeout',
  recoverable: true,
  detail: `not sent within ${sendMs / 1000} s: its secrets could not be read, or the receiver does not answer`,
};

function misconfigured(detail: string): Delivery {
  return { delivered: false, reason: 'config', recoverable: false, detail };
}
