/** A channel that can be sent to: renders, signs and posts. */
import type { Clock } from '../clock.ts';
import { parseSigningKey, signed } from '../webhook-signature.ts';
import type { Message } from './alert.ts';
import type { Delivery, Rendered, Sender } from './channel.ts';
import { render as slack } from './channels/slack.ts';
import { render as teams } from './channels/teams.ts';
import { render as webhook } from './channels/webhook.ts';
import { type PostOptions, post } from './post.ts';
import type { RenderOptions } from './render/document.ts';

export type ChannelKind = 'slack' | 'teams' | 'webhook';

/** A reference's value, or why it cannot be had. `message` goes into logs and state: it names the reference only. */
export type Resolved<T = string> =
  | { ok: true; value: T }
  | { ok: false; message: string; recoverable: boolean };

interface SenderOptions extends RenderOptions {
  kind: ChannelKind;
  /** Asked for each delivery, so that a changed hook is picked up. */
  url(): Promise<Resolved>;
  /** webhook only: "whsec_<base64>" each, newest first. */
  signingKeys(): Promise<Resolved<string[]>>;
  post: PostOptions;
  clock: Pick<Clock, 'now'>;
}

const renderers: Record<ChannelKind, (message: Message, options: RenderOptions) => Rendered> = {
  slack,
  teams,
  webhook,
};

export function createSender(options: SenderOptions): Sender {
  return {
    async deliver(message, signal) {
      const url = await options.url();
      if (!url.ok) return unresolved(url);
      const rendered = renderers[options.kind](message, options);
      const ready = options.kind === 'webhook' ? await sign(rendered, message.id, options) : rendered;
      if ('delivered' in ready) return ready;
      return post(url.value, ready, options.post, () => options.clock.now(), signal);
    },
  };
}

async function sign(rendered: Rendered, id: string, options: SenderOptions): Promise<Rendered | Delivery> {
  const resolved = await options.signingKeys();
  if (!resolved.ok) return unresolved(resolved);
  const keys = resolved.value.map(parseSigningKey);
  const good = keys.filter((key) => key !== undefined);
  if (good.length === 0 || good.length < keys.length) {
    const detail =
      keys.length === 0
        ? 'a webhook channel needs a signing key'
        : 'a signing key of this channel must be "whsec_" and the base64 of 24 bytes or more';
    return { delivered: false, reason: 'config', recoverable: false, detail };
  }
  const ready = signed(rendered, id, good, options.clock.now());
  for (const key of good) key.fill(0);
  return ready;
}

function unresolved({ message, recoverable }: Extract<Resolved<never>, { ok: false }>): Delivery {
  const reason = recoverable ? 'unavailable' : 'config';
  return { delivered: false, reason, recoverable, detail: message };
}
