/**
 * A signed webhook as sink: CloudEvents 1.0, structured JSON, by the Standard Webhooks scheme. It is told where the new
 * credential is, or given a token that unwraps it once; never the credential.
 */
import type { Delivery, Rendered } from '../../alert/channel.ts';
import type { Clock } from '../../clock.ts';
import type { Resolved } from '../../fleet/resolver.ts';
import { parseSigningKey, signed } from '../../webhook-signature.ts';
import type { Did, NoticeSink, RotationFailure, Stamp } from '../rotation.ts';

/** A reference's value, or why it cannot be had. `message` names the reference only. */
export type Given<T = string> = { ok: true; value: T } | Pick<Unresolved, 'ok' | 'code' | 'message'>;
type Unresolved = Extract<Resolved, { ok: false }>;

export interface WebhookSettings {
  name: string;
  /** Asked for at each try, so that a changed hook is picked up; it says whether the URL may be called. */
  url: () => Promise<Given>;
  /** "whsec_<base64>" each, newest first. */
  signingKeys: () => Promise<Given<string[]>>;
  /** One POST that follows no redirect: its details name the host and a status. */
  post: (url: string, request: Rendered) => Promise<Delivery>;
  clock: Pick<Clock, 'now'>;
}

type What = Parameters<NoticeSink['tell']>[0];

export function createWebhookSink({ name, url, signingKeys, post, clock }: WebhookSettings): NoticeSink {
  const failed = (code: RotationFailure, why: string): Did<never> => ({
    ok: false,
    code,
    detail: `sink "${name}": ${why}`,
  });
  return {
    name,
    holds: 'notice',
    async tell(what, stamp, id) {
      const target = await url();
      if (!target.ok) return failed(unresolved[target.code], target.message);
      const texts = await signingKeys();
      if (!texts.ok) return failed(unresolved[texts.code], texts.message);
      const keys = texts.value.map(parseSigningKey);
      try {
        const good = keys.filter((key) => key !== undefined);
        if (good.length === 0 || good.length < keys.length) return failed('not-configured', whyNoKeys(keys));
        // The scheme divides what it signs by dots.
        const told = id.replaceAll('.', '_');
        const delivery = await post(target.value, signed(render(what, stamp, told), told, good, clock.now()));
        if (delivery.delivered) return { ok: true, value: `told ${new URL(target.value).host}` };
        return failed(undelivered[delivery.reason], delivery.detail);
      } finally {
        for (const key of keys) key?.fill(0);
      }
    },
  };
}

/** The same for every try: a receiver that sees two knows them for one by `id`. */
function render(what: What, { rotation, cluster, kind, endsAt }: Stamp, id: string): Rendered {
  const event = {
    specversion: '1.0',
    id,
    source: `/sealwatch/clusters/${encodeURIComponent(cluster)}`,
    type: 'sealwatch.rotation.delivered.v1',
    subject: cluster,
    datacontenttype: 'application/json',
    data: {
      rotation,
      cluster,
      credential: kind,
      ...('reference' in what
        ? { reference: what.reference }
        : { wrappingToken: what.wrappingToken, ttlSeconds: what.ttlSeconds }),
      ...(endsAt !== undefined && { endsAt: new Date(endsAt).toISOString() }),
    },
  };
  return {
    headers: { 'content-type': 'application/cloudevents+json; charset=utf-8' },
    body: JSON.stringify(event),
  };
}

const unresolved: Record<Unresolved['code'], RotationFailure> = {
  'outside-limits': 'outside-limits',
  missing: 'not-configured',
  unreadable: 'unreachable',
  denied: 'denied',
};

const undelivered: Record<Extract<Delivery, { delivered: false }>['reason'], RotationFailure> = {
  throttled: 'throttled',
  unavailable: 'unreachable',
  timeout: 'unreachable',
  network: 'unreachable',
  redirect: 'wrong',
  refused: 'denied',
  gone: 'wrong',
  config: 'outside-limits',
};

function whyNoKeys(keys: unknown[]): string {
  return keys.length === 0
    ? 'it needs a signing key: name it in signingKeys'
    : 'a signing key must be "whsec_" and the base64 of 24 bytes or more';
}
