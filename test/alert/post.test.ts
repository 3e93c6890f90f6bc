import { afterEach, describe, expect, it } from 'vitest';
import { type PostOptions, post } from '../../shared/alert/post.ts';
import { type ChatReceiver, startChatReceiver } from '../fakes/chat/receiver.ts';
import { createAuthority } from '../fakes/pki.ts';
import { night } from './build.ts';

const rendered = { headers: { 'content-type': 'application/json' }, body: '{}' };
const open: PostOptions = { allowed: () => true, isRefusedAddress: () => false };
const send = (url: string, options: Partial<PostOptions> = {}) =>
  post(url, rendered, { ...open, ...options }, () => night, new AbortController().signal);

const started: ChatReceiver[] = [];
async function receiver(names?: string[]) {
  const authority = await createAuthority('chat test');
  const tls = names && (await authority.issue({ names }));
  const chat = await startChatReceiver(tls ? { tls } : {});
  chat.respond(() => ({ status: 200 }));
  started.push(chat);
  return { chat, ca: authority.certPem };
}
afterEach(async () => {
  await Promise.all(started.splice(0).map((chat) => chat.close()));
});

describe('one POST', () => {
  it('goes over TLS that it verifies', async () => {
    const { chat, ca } = await receiver(['127.0.0.1']);
    expect(await send(chat.url('slack'), { ca })).toEqual({ delivered: true });
  });

  it.each([
    ['an unknown authority', ['127.0.0.1'], false],
    ['another name', ['chat.example.com'], true],
  ])(
    'sends nothing to a server with a certificate of %s, whatever the environment says',
    async (_, names, known) => {
      const { chat, ca } = await receiver(names);
      const before = process.env.NODE_TLS_REJECT_UNAUTHORIZED;
      process.env.NODE_TLS_REJECT_UNAUTHORIZED = '0';
      try {
        const delivery = await send(chat.url('slack'), known ? { ca } : {});
        expect(delivery).toMatchObject({ reason: 'network', recoverable: true });
      } finally {
        if (before === undefined) delete process.env.NODE_TLS_REJECT_UNAUTHORIZED;
        else process.env.NODE_TLS_REJECT_UNAUTHORIZED = before;
      }
      expect(chat.received).toEqual([]);
    },
  );

  it('refuses a name that resolves to an address which is never called', async () => {
    const delivery = await send('https://metadata.example.com/hook', {
      isRefusedAddress: (address) => address.startsWith('169.254.'),
      lookup: (_hostname, _options, callback) => callback(null, [{ address: '169.254.169.254', family: 4 }]),
    });
    expect(delivery).toEqual({
      delivered: false,
      reason: 'config',
      recoverable: false,
      detail: 'metadata.example.com resolves to an address that is never called',
    });
  });

  it.each([
    ['169.254.169.254', 'http://169.254.169.254/hook'],
    ['fe80::1', 'https://[fe80::1]/hook'],
    ['169.254.169.254', 'http://0xa9fea9fe/hook'],
  ])('refuses the literal address %s as written in %s', async (refused, url) => {
    const delivery = await send(url, { isRefusedAddress: (address) => address === refused });
    expect(delivery).toMatchObject({ reason: 'config', recoverable: false });
  });

  it.each([
    ['not a url', 'the URL of this channel is not a valid URL'],
    ['ftp://chat.example.com/x', 'the URL of this channel must begin with https://'],
    [
      'https://user:hunter2@chat.example.com/x',
      'chat.example.com: the URL of this channel must not hold a user name or password',
    ],
  ])('says what is wrong with a URL without showing it: %s', async (url, detail) => {
    expect(await send(url)).toEqual({ delivered: false, reason: 'config', recoverable: false, detail });
  });

  it('asks whether the host is allowed, and names it when it is not', async () => {
    const asked: string[] = [];
    const delivery = await send('https://hooks.example.com/services/secret', {
      allowed: (url) => {
        asked.push(url.host);
        return false;
      },
    });
    expect(asked).toEqual(['hooks.example.com']);
    expect(delivery).toMatchObject({
      detail: expect.stringContaining('hooks.example.com is not among the hosts'),
    });
    expect(JSON.stringify(delivery)).not.toContain('secret');
  });

  it('tells a refused connection and an unknown name by their codes', async () => {
    const { chat } = await receiver();
    const url = chat.url('slack');
    await chat.close();
    expect(await send(url)).toMatchObject({
      reason: 'network',
      detail: expect.stringContaining('(ECONNREFUSED)'),
    });
    const unknown = await send('https://nobody.example.com/x', {
      lookup: (_hostname, _options, callback) => {
        callback(Object.assign(new Error('getaddrinfo'), { code: 'ENOTFOUND' }), '', 0);
      },
    });
    expect(unknown).toMatchObject({ reason: 'network', detail: expect.stringContaining('(ENOTFOUND)') });
  });
});
