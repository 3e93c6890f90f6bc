import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { post } from '../../../shared/alert/post.ts';
import type { RotationFailure } from '../../../shared/rotation/rotation.ts';
import {
  createWebhookSink,
  type Given,
  type WebhookSettings,
} from '../../../shared/rotation/sinks/webhook.ts';
import { type NoticeSinkUnderTest, noticeSinkContract, stamp } from '../../contract/sink.ts';
import { verified } from '../../fakes/chat/webhook-format.ts';
import { answer, echo, hang, redirect, resetWithoutAnswer } from '../../fakes/hostile/behaviours.ts';
import { leaks } from '../../fakes/hostile/disguises.ts';
import { type Behaviour, type Endpoint, startEndpoint } from '../../fakes/hostile/endpoint.ts';

const now = Date.UTC(2026, 10, 22, 2);
const keys = ['the newer key of this test, 32 b', 'the older key of this test, 32 b'].map(
  (key) => `whsec_${Buffer.from(key).toString('base64')}`,
) as [string, string];
const path = '/hooks/f00dcafe5ec2e7';

interface WebhookUnderTest extends NoticeSinkUnderTest {
  endpoint: Endpoint;
  make: (over?: Partial<WebhookSettings>) => ReturnType<typeof createWebhookSink>;
}

const answers: [string, Behaviour, RotationFailure][] = [
  ['400', answer(400, {}), 'denied'],
  ['401', answer(401, {}), 'denied'],
  ['403', echo(403), 'denied'],
  ['404', answer(404, {}), 'wrong'],
  ['410', echo(410), 'wrong'],
  ['429', answer(429, {}, { 'retry-after': '9' }), 'throttled'],
  ['500', echo(500), 'unreachable'],
  ['503', answer(503, {}), 'unreachable'],
  ['302', redirect('/elsewhere', 302), 'wrong'],
  ['307', redirect('/elsewhere', 307), 'wrong'],
  ['308', redirect('http://169.254.169.254/', 308), 'wrong'],
  ['no answer', hang, 'unreachable'],
  ['a cut connection', resetWithoutAnswer, 'unreachable'],
];

const unresolved: [string, RotationFailure, Extract<Given, { ok: false }>][] = [
  [
    'a URL outside the limits',
    'outside-limits',
    { ok: false, code: 'outside-limits', message: 'env:HOME: the name' },
  ],
  [
    'a URL that is not set',
    'not-configured',
    { ok: false, code: 'missing', message: 'env:SEALWATCH_SECRET_X: not set' },
  ],
  [
    'a URL in a vault that is silent',
    'unreachable',
    { ok: false, code: 'unreadable', message: 'keyvault:https://kv: silent' },
  ],
  [
    'a URL in a vault that refuses',
    'denied',
    { ok: false, code: 'denied', message: 'keyvault:https://kv: it needs get' },
  ],
];

async function webhookUnderTest(): Promise<WebhookUnderTest> {
  const good = answer(202, {});
  const endpoint = await startEndpoint({ behaviour: good });
  const replaced: { url?: Given; keys?: Given<string[]> } = {};
  const make = (over: Partial<WebhookSettings> = {}) =>
    createWebhookSink({
      name: 'hook',
      url: async () => replaced.url ?? { ok: true, value: `${endpoint.address}${path}` },
      signingKeys: async () => replaced.keys ?? { ok: true, value: keys },
      post: (url, request) =>
        post(
          url,
          request,
          { allowed: () => true, isRefusedAddress: () => false, timeoutMs: 200 },
          () => now,
          new AbortController().signal,
        ),
      clock: { now: () => now },
      ...over,
    });
  return {
    endpoint,
    make,
    sink: make(),
    received: () =>
      endpoint.received.map((whole) => ({
        id: String(whole.headers['webhook-id']),
        whole,
        body: whole.body,
      })),
    troubles: [
      ...answers.map(([what, behaviour, code]): WebhookUnderTest['troubles'][number] => [
        what,
        () => endpoint.behave(behaviour),
        code,
      ]),
      ...unresolved.map(([what, code, given]): WebhookUnderTest['troubles'][number] => [
        what,
        () => Object.assign(replaced, { url: given }),
        code,
      ]),
      [
        'a signing key that is not set',
        () => Object.assign(replaced, { keys: unresolved[1]?.[2] }),
        'not-configured',
      ],
      ['no signing key', () => Object.assign(replaced, { keys: { ok: true, value: [] } }), 'not-configured'],
      [
        'a signing key that is none',
        () => Object.assign(replaced, { keys: { ok: true, value: [keys[0], 'whsec_c2hvcnQ='] } }),
        'not-configured',
      ],
    ],
    heal() {
      endpoint.behave(good);
      delete replaced.url;
      delete replaced.keys;
    },
    secrets: [...keys, path],
    close: () => endpoint.close(),
  };
}

noticeSinkContract(
  'webhook',
  [
    ...answers.map(([what]) => what),
    ...unresolved.map(([what]) => what),
    'a signing key that is not set',
    'no signing key',
    'a signing key that is none',
  ],
  webhookUnderTest,
);

describe('a webhook as sink', () => {
  let under: WebhookUnderTest;
  beforeEach(async () => {
    under = await webhookUnderTest();
  });
  afterEach(() => under.close());
  const reference =
    'keyvault:https://kv-seals.vault.azure.net/secrets/payments/0123456789abcdef0123456789abcdef';

  it('is sent a CloudEvent that each of its keys verifies', async () => {
    await under.sink.tell({ reference }, stamp, 'payments.0f3c-hook-1');
    const [request] = under.endpoint.received;
    expect(request).toMatchObject({ method: 'POST', path });
    expect(request?.headers['content-type']).toBe('application/cloudevents+json; charset=utf-8');
    const headers = Object.fromEntries(
      Object.entries(request?.headers ?? {}).map(([name, value]) => [name, String(value)]),
    );
    for (const key of keys) expect(verified(headers, request?.body ?? '', key, now)).toBe(true);
    expect(verified(headers, `${request?.body} `, keys[0], now)).toBe(false);
    expect(JSON.parse(request?.body ?? '')).toEqual({
      specversion: '1.0',
      id: 'payments_0f3c-hook-1',
      source: '/sealwatch/clusters/payments',
      type: 'sealwatch.rotation.delivered.v1',
      subject: 'payments',
      datacontenttype: 'application/json',
      data: {
        rotation: stamp.rotation,
        cluster: 'payments',
        credential: 'transit-token',
        reference,
        endsAt: '2027-01-31T12:00:00.000Z',
      },
    });
  });

  it('is sent an id without dots, which the scheme divides by', async () => {
    await under.sink.tell({ reference }, stamp, 'payments.0f3c.hook');
    expect(under.received()[0]?.id).toBe('payments_0f3c_hook');
  });

  it('has its address and keys asked for at each try', async () => {
    const asked: string[] = [];
    const sink = under.make({
      url: async () => {
        asked.push('url');
        return { ok: true, value: `${under.endpoint.address}/changed/${asked.length}` };
      },
      signingKeys: async () => {
        asked.push('keys');
        return { ok: true, value: [keys[1]] };
      },
    });
    await sink.tell({ reference }, stamp, 'one');
    await sink.tell({ reference }, stamp, 'one');
    expect(asked).toEqual(['url', 'keys', 'url', 'keys']);
    expect(under.endpoint.received.map((each) => each.path)).toEqual(['/changed/1', '/changed/3']);
  });

  it('says to whom it was told, and no more of the address', async () => {
    const told = await under.sink.tell({ reference }, stamp, 'one');
    expect(told).toEqual({ ok: true, value: `told 127.0.0.1:${under.endpoint.port}` });
    expect(leaks(told, [path])).toEqual([]);
  });
});
