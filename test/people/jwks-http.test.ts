import { once } from 'node:events';
import { createServer } from 'node:https';
import type { AddressInfo } from 'node:net';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { createKeySetGet, type KeySetHttpOptions } from '../../shared/people/jwks-http.ts';
import { type FakeEntra, startFakeEntra } from '../fakes/entra/issuer.ts';
import { createAuthority } from '../fakes/pki.ts';

const open: KeySetHttpOptions = {
  isRefusedAddress: () => false,
  isPlainHost: (host) => host === '127.0.0.1',
};
const get = (url: string, options: Partial<KeySetHttpOptions> = {}) =>
  createKeySetGet({ ...open, ...options })(url);

let entra: FakeEntra;
beforeEach(async () => {
  entra = await startFakeEntra(0);
});
afterEach(() => entra.close());

describe('fetching the key set', () => {
  it('brings it as it is', async () => {
    entra.respond({ status: 200, body: '{"keys":[]}' });
    expect(await get(entra.keysUrl)).toEqual({ ok: true, body: '{"keys":[]}' });
  });

  it.each([
    ['an answer without end', 'flood' as const, 'the answer is larger than 262144 bytes'],
    [
      'one byte too many',
      { status: 200, body: 'x'.repeat(262_145) },
      'the answer is larger than 262144 bytes',
    ],
    ['a redirect', { status: 302, headers: { location: '/discovery/v2.0/keys' } }, 'answered 302'],
    ['a missing document', { status: 404 }, 'answered 404'],
  ])('gives up for good at %s', async (_, answer, message) => {
    entra.respond(answer);
    const got = await get(entra.keysUrl);
    expect(got).toMatchObject({ ok: false, recoverable: false, message: expect.stringContaining(message) });
    expect(entra.fetches).toBe(1);
  });

  it.each([
    ['no answer', 'hang' as const, 'did not answer in time'],
    ['a cut', 'reset' as const, 'connection failed'],
    ['trouble over there', { status: 503 }, 'answered 503'],
    ['too many requests', { status: 429 }, 'answered 429'],
  ])('may be tried again after %s', async (_, answer, message) => {
    entra.respond(answer);
    // Only what never answers is not waited for: on a busy machine any other may take longer.
    const got = await get(entra.keysUrl, answer === 'hang' ? { timeoutMs: 100 } : {});
    expect(got).toMatchObject({ ok: false, recoverable: true, message: expect.stringContaining(message) });
  });

  it('takes exactly 256 KiB', async () => {
    entra.respond({ status: 200, body: 'x'.repeat(262_144) });
    expect(await get(entra.keysUrl)).toMatchObject({ ok: true });
  });

  it.each([
    ['http://login.microsoftonline.com/x/discovery/v2.0/keys', 'fetched over https:// only'],
    ['file:///etc/passwd', 'fetched over https:// only'],
    ['not a url', 'not a valid URL'],
  ])('asks nobody for %s', async (url, message) => {
    const got = await get(url);
    expect(got).toMatchObject({ ok: false, recoverable: false, message: expect.stringContaining(message) });
  });

  it('asks for nothing over plain HTTP, even on loopback, unless that is allowed', async () => {
    const got = await createKeySetGet({ isRefusedAddress: () => false })(entra.keysUrl);
    expect(got).toMatchObject({ ok: false, message: expect.stringContaining('over https:// only') });
    expect(entra.fetches).toBe(0);
  });

  it.each([
    ['as a literal', 'https://169.254.169.254/keys', 'is an address that is never called'],
    ['behind a name', 'https://metadata.example.com/keys', 'resolves to an address that is never called'],
  ])('connects to no refused address %s', async (_, url, message) => {
    const got = await get(url, {
      isRefusedAddress: (address) => address.startsWith('169.254.'),
      lookup: (_hostname, _options, callback) => callback(null, [{ address: '169.254.169.254', family: 4 }]),
    });
    expect(got).toMatchObject({ ok: false, recoverable: false, message: expect.stringContaining(message) });
  });

  it.each([
    ['an unknown authority', ['127.0.0.1'], false],
    ['another name', ['login.example.com'], true],
  ])(
    'takes nothing from a server with a certificate of %s, whatever the environment says',
    async (_, names, known) => {
      const authority = await createAuthority('key set test');
      const { certPem, keyPem } = await authority.issue({ names });
      let asked = 0;
      const server = createServer({ cert: certPem, key: keyPem }, (_request, response) => {
        asked += 1;
        response.end('{"keys":[]}');
      }).listen(0, '127.0.0.1');
      await once(server, 'listening');
      const { port } = server.address() as AddressInfo;
      const before = process.env['NODE_TLS_REJECT_UNAUTHORIZED'];
      process.env['NODE_TLS_REJECT_UNAUTHORIZED'] = '0';
      try {
        const got = await get(`https://127.0.0.1:${port}/keys`, known ? { ca: authority.certPem } : {});
        expect(got).toMatchObject({ ok: false, message: expect.stringContaining('connection failed') });
      } finally {
        if (before === undefined) delete process.env['NODE_TLS_REJECT_UNAUTHORIZED'];
        else process.env['NODE_TLS_REJECT_UNAUTHORIZED'] = before;
        server.close();
      }
      expect(asked).toBe(0);
    },
  );

  it('goes past every proxy of the environment', async () => {
    entra.respond({ status: 200, body: '{"keys":[]}' });
    const names = ['HTTP_PROXY', 'http_proxy', 'HTTPS_PROXY', 'https_proxy'] as const;
    const before = names.map((name) => [name, process.env[name]] as const);
    for (const name of names) process.env[name] = 'http://127.0.0.1:1';
    try {
      expect(await get(entra.keysUrl)).toMatchObject({ ok: true });
    } finally {
      for (const [name, value] of before) {
        if (value === undefined) delete process.env[name];
        else process.env[name] = value;
      }
    }
  });
});
