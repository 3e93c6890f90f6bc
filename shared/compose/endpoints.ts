/** Everything that Sealwatch calls besides Vault and Azure: chat, webhooks, the heartbeat. */

import type { Sender } from '../alert/channel.ts';
import { type PostOptions, post } from '../alert/post.ts';
import { createSender, type Resolved } from '../alert/sender.ts';
import type { Clock } from '../clock.ts';
import { checkEndpoint, type EndpointKind } from '../fleet/endpoint.ts';
import type { Channel, Fleet } from '../fleet/fleet.ts';
import type { Limits } from '../fleet/limits.ts';
import { isLinkLocal } from '../fleet/network.ts';
import type { Log } from '../log/log.ts';
import type { Resolve } from './secrets.ts';

export interface EndpointOptions {
  limits: Limits;
  resolve: Resolve;
  clock: Clock;
  log: Log;
  runbookBase?: string;
  /** PEM, for receivers of tests and of private networks; undefined: the system's roots. */
  ca?: string;
}

export function createSenders(options: EndpointOptions): (name: string, fleet: Fleet) => Sender | undefined {
  return (name, fleet) => {
    const channel = fleet.channels.find((candidate) => candidate.name === name);
    return channel && senderFor(channel, options);
  };
}

function senderFor(channel: Channel, options: EndpointOptions): Sender {
  const { resolve, clock, runbookBase } = options;
  return createSender({
    kind: channel.kind,
    url: () => resolve(channel.url),
    signingKeys: async (): Promise<Resolved<string[]>> => {
      const resolved = await Promise.all(channel.signingKeys.map((key) => resolve(key)));
      const failed = resolved.find((each) => !each.ok);
      if (failed) return failed;
      return { ok: true, value: resolved.flatMap((each) => (each.ok ? [each.value] : [])) };
    },
    post: postOptions(channel.kind, options),
    clock,
    ...(runbookBase && { runbookBase }),
  });
}

function postOptions(kind: EndpointKind, { limits, ca }: EndpointOptions): PostOptions {
  return {
    allowed: (url) => checkEndpoint(url.href, kind, limits).ok,
    isRefusedAddress: isLinkLocal,
    ...(ca && { ca }),
  };
}

/** Time for one ping, ms. */
const heartbeatMs = 10_000;

/** Pings the heartbeat's URL: told in the log when it fails; the receiver notices what does not come. */
export function createHeartbeat(options: EndpointOptions): (fleet: Fleet) => Promise<void> {
  return async ({ heartbeat }) => {
    if (!heartbeat) return;
    const url = await options.resolve(heartbeat.url);
    if (!url.ok) {
      options.log.warn('heartbeat-failed', { detail: url.message });
      return;
    }
    const signal = AbortSignal.timeout(heartbeatMs);
    const ping = { headers: {}, body: '' };
    const delivery = await post(
      url.value,
      ping,
      postOptions('heartbeat', options),
      () => options.clock.now(),
      signal,
    );
    if (!delivery.delivered) options.log.warn('heartbeat-failed', { detail: delivery.detail });
  };
}
