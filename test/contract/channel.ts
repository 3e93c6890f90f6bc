/** What every channel does with a message, against a real receiver on loopback. */
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { Delivery } from '../../shared/alert/channel.ts';
import type { PostOptions } from '../../shared/alert/post.ts';
import { type ChannelKind, createSender } from '../../shared/alert/sender.ts';
import { message, night, runbookBase } from '../alert/build.ts';
import { type Answer, type ChatReceiver, startChatReceiver } from '../fakes/chat/receiver.ts';
import { formsOf } from '../fakes/chat/secrets.ts';
import { verified } from '../fakes/chat/webhook-format.ts';

const keys = [
  `whsec_${Buffer.from('the newer key of this test, 32 b').toString('base64')}`,
  `whsec_${Buffer.from('the older key of this test, 32 b').toString('base64')}`,
] as const;

const failures: { answer: Answer; name: string; delivery: Partial<Delivery> }[] = [
  { name: '400', answer: { status: 400 }, delivery: { reason: 'refused', recoverable: false } },
  { name: '401', answer: { status: 401 }, delivery: { reason: 'refused', recoverable: false } },
  { name: '404', answer: { status: 404 }, delivery: { reason: 'gone', recoverable: false } },
  { name: '408', answer: { status: 408 }, delivery: { reason: 'unavailable', recoverable: true } },
  { name: '410', answer: { status: 410 }, delivery: { reason: 'gone', recoverable: false } },
  { name: '429', answer: { status: 429 }, delivery: { reason: 'throttled', recoverable: true } },
  {
    name: '429 with Retry-After in seconds',
    answer: { status: 429, headers: { 'retry-after': '7' } },
    delivery: { reason: 'throttled', recoverable: true, retryAfterMs: 7000 },
  },
  {
    name: '429 with a Retry-After date',
    answer: { status: 429, headers: { 'retry-after': new Date(night + 90_000).toUTCString() } },
    delivery: { reason: 'throttled', recoverable: true, retryAfterMs: 90_000 },
  },
  {
    name: '429 with a Retry-After of a year',
    answer: { status: 429, headers: { 'retry-after': '31536000' } },
    delivery: { reason: 'throttled', recoverable: true, retryAfterMs: 900_000 },
  },
  { name: '500', answer: { status: 500 }, delivery: { reason: 'unavailable', recoverable: true } },
  {
    name: '503 with Retry-After',
    answer: { status: 503, headers: { 'retry-after': '30' } },
    delivery: { reason: 'unavailable', recoverable: true, retryAfterMs: 30_000 },
  },
  { name: 'no answer at all', answer: 'hang', delivery: { reason: 'timeout', recoverable: true } },
  { name: 'a cut connection', answer: 'reset', delivery: { reason: 'network', recoverable: true } },
];

export function channelContract(kind: ChannelKind): void {
  describe(`a ${kind} channel`, () => {
    let receiver: ChatReceiver;
    beforeEach(async () => {
      receiver = await startChatReceiver();
    });
    afterEach(() => receiver.close());

    const deliver = (
      over: { url?: string; post?: Partial<PostOptions>; keys?: string[] } = {},
    ): Promise<Delivery> => {
      const sender = createSender({
        kind,
        runbookBase,
        url: async () => ({ ok: true, value: over.url ?? receiver.url(kind) }),
        signingKeys: async () => ({ ok: true, value: over.keys ?? [keys[0]] }),
        post: { allowed: () => true, isRefusedAddress: () => false, ...over.post },
        clock: { now: () => night },
      });
      return sender.deliver(message(), new AbortController().signal);
    };

    it('posts a message once, in the form that the receiver takes', async () => {
      expect(await deliver()).toEqual({ delivered: true });
      expect(receiver.received).toMatchObject([{ kind, method: 'POST', problems: [] }]);
      expect(receiver.received[0]?.lines.join('\n')).toContain('payments: node sealed: vault-1');
    });

    it.each(failures)(
      'answers $name with a closed reason, after one POST, and tells no secret',
      async (each) => {
        receiver.respond(() => each.answer);
        const delivery = await deliver({ post: { timeoutMs: each.answer === 'hang' ? 100 : 10_000 } });
        expect(delivery).toMatchObject({ delivered: false, ...each.delivery });
        expect('retryAfterMs' in delivery).toBe('retryAfterMs' in each.delivery);
        expect(receiver.received).toHaveLength(1);
        const told = JSON.stringify(delivery);
        for (const secret of [receiver.secret, ...keys, ...keys.map((key) => key.slice('whsec_'.length))]) {
          for (const form of formsOf(secret)) expect(told).not.toContain(form);
        }
        expect(told).toContain('127.0.0.1');
      },
    );

    it.each([301, 302, 303, 307, 308])('follows no %i redirect', async (status) => {
      const location = new URL('/elsewhere', receiver.url(kind)).href;
      receiver.respond(() => ({ status, headers: { location } }));
      expect(await deliver()).toMatchObject({ reason: 'redirect', recoverable: false });
      expect(receiver.strays).toEqual([]);
      expect(receiver.received).toHaveLength(1);
    });

    it('counts a message as taken by its status, though the answer never ends', async () => {
      receiver.respond(() => 'drip');
      expect(await deliver()).toEqual({ delivered: true });
    });

    it('reads no more of an answer than it must, and tells nothing of it', async () => {
      receiver.respond(() => ({ status: 400, body: `${receiver.secret} `.repeat(100_000) }));
      const delivery = await deliver();
      expect(delivery).toMatchObject({ reason: 'refused' });
      expect(JSON.stringify(delivery)).not.toContain(receiver.secret);
    });

    it('stops when its caller stops it', async () => {
      const sender = createSender({
        kind,
        runbookBase,
        url: async () => ({ ok: true, value: receiver.url(kind) }),
        signingKeys: async () => ({ ok: true, value: [keys[0]] }),
        post: { allowed: () => true, isRefusedAddress: () => false },
        clock: { now: () => night },
      });
      const stop = new AbortController();
      receiver.respond(() => 'hang');
      receiver.onMessage(() => stop.abort());
      expect(await sender.deliver(message(), stop.signal)).toMatchObject({
        reason: 'timeout',
        recoverable: true,
      });
    });

    it('posts nothing to a host that is not allowed, or to an address that is never called', async () => {
      expect(await deliver({ post: { allowed: () => false } })).toMatchObject({
        reason: 'config',
        recoverable: false,
      });
      const refused = await deliver({ post: { isRefusedAddress: (address) => address === '127.0.0.1' } });
      expect(refused).toMatchObject({ reason: 'config', recoverable: false });
      expect(receiver.received).toEqual([]);
    });

    if (kind === 'webhook') signatures(() => receiver, deliver);
  });
}

function signatures(
  receiver: () => ChatReceiver,
  deliver: (over: { keys: string[] }) => Promise<Delivery>,
): void {
  const verifiedBy = (key: string): boolean => {
    const [got] = receiver().received;
    return got !== undefined && verified(got.headers, got.raw, key, night);
  };

  it('signs with its key, under the id of the message', async () => {
    await deliver({ keys: [keys[0]] });
    expect(receiver().received[0]?.headers).toMatchObject({
      'webhook-id': 'payments-42',
      'webhook-timestamp': String(night / 1000),
    });
    expect([verifiedBy(keys[0]), verifiedBy(keys[1])]).toEqual([true, false]);
  });

  it('signs with both keys while they change', async () => {
    await deliver({ keys: [...keys] });
    expect([verifiedBy(keys[0]), verifiedBy(keys[1])]).toEqual([true, true]);
  });

  it.each([[[]], [['not a key']], [['whsec_c2hvcnQ=']], [[keys[0], 'whsec_']]])(
    'sends nothing unsigned: keys %j',
    async (given) => {
      const delivery = await deliver({ keys: given });
      expect(delivery).toMatchObject({ reason: 'config', recoverable: false });
      expect(JSON.stringify(delivery)).not.toContain(keys[0]);
      expect(receiver().received).toEqual([]);
    },
  );
}
