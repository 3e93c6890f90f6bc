import { X509Certificate } from 'node:crypto';
import { afterEach, beforeAll, describe, expect, it, vi } from 'vitest';
import { systemClock } from '../../shared/compose/clock.ts';
import type { TrustBinding } from '../../shared/escrow/generation.ts';
import { isLinkLocal } from '../../shared/fleet/network.ts';
import { openShareClient, type ShareClientSettings } from '../../shared/vault/share-client.ts';
import type { ShareClient, UnsealAnswer } from '../../shared/vault/unseal.ts';
import { answer, healthy, redirect, resetWithoutAnswer } from '../fakes/hostile/behaviours.ts';
import { type Endpoint, startEndpoint, startRaw } from '../fakes/hostile/endpoint.ts';
import { createAuthority, type IssuedCertificate, type TestAuthority } from '../fakes/pki.ts';
import { closing } from './clients.ts';

const share = 'c2hhcmUtdGhhdC1uby1vbmUtbWF5LXNlZS1vcg==';
const body = () => Buffer.from(JSON.stringify({ key: share }));
const progress = { sealed: true, t: 3, n: 5, progress: 1, nonce: 'f47411a8-cf5b-d566-f6bd-f6c19d0d2b77' };
const taken = answer(200, progress);

let authority: TestAuthority;
let stranger: TestAuthority;
let certificate: IssuedCertificate;

beforeAll(async () => {
  authority = await createAuthority('Test CA');
  stranger = await createAuthority('Stranger CA');
  certificate = await authority.issue({ names: ['127.0.0.1'] });
});

afterEach(() => vi.unstubAllEnvs());

async function node(over: Partial<Parameters<typeof startEndpoint>[0]> = {}): Promise<Endpoint> {
  return closing(await startEndpoint({ behaviour: taken, certificate, ...over }));
}

const der = (pem: string) => new X509Certificate(pem).raw.toString('base64');

function binding(address: string, over: Partial<TrustBinding> = {}): TrustBinding {
  return { addresses: [address], ca: [der(authority.certPem)], pins: [], ...over };
}

function opened(address: string, trust: TrustBinding, over: Partial<ShareClientSettings> = {}): ShareClient {
  const result = openShareClient(address, trust, {
    timeouts: { connectMs: 2000, headersMs: 2000, totalMs: 2000 },
    maxResponseBytes: 65_536,
    keepAliveMs: 10_000,
    clock: systemClock,
    isRefusedAddress: isLinkLocal,
    ...over,
  });
  if (!result.ok) throw new Error(result.error.message);
  return closing(result.client);
}

function codeOf(given: UnsealAnswer): string {
  return given.ok ? 'taken' : given.code;
}

async function codeAt(address: string, over: Partial<TrustBinding> = {}): Promise<string> {
  return codeOf(await opened(address, binding(address, over)).unseal(body()));
}

describe('a share goes', () => {
  it('to a node that proves itself by the CA of the binding', async () => {
    const server = await node();
    expect(await codeAt(server.address)).toBe('taken');
    expect(server.received).toMatchObject([
      { method: 'POST', path: '/v1/sys/unseal', body: body().toString() },
    ]);
    expect(server.received[0]?.headers).not.toHaveProperty('x-vault-token');
  });

  it('to a node under the server name and the pin of the binding', async () => {
    const named = await authority.issue({ names: ['vault.internal'] });
    const server = await node({ certificate: named });
    expect(await codeAt(server.address, { serverName: 'vault.internal', pins: [named.spki] })).toBe('taken');
  });

  it('with the client certificate that fleet.yaml gives', async () => {
    const mine = await authority.issue({ names: ['sealwatch'], clientAuth: true });
    const server = await node({
      tls: { ca: authority.certPem, requestCert: true, rejectUnauthorized: true },
    });
    const client = opened(server.address, binding(server.address), {
      clientCertificate: { cert: mine.certPem, key: mine.keyPem },
    });
    expect(codeOf(await client.unseal(body()))).toBe('taken');
  });

  it('over plain HTTP to loopback', async () => {
    const server = closing(await startEndpoint({ behaviour: taken }));
    expect(await codeAt(server.address, { ca: [] })).toBe('taken');
  });

  it('over connections that were never resumed, and so does every look', async () => {
    const last = { connection: 'close' };
    const server = await node({ behaviour: healthy });
    server.behave((request, response, reset) =>
      (request.method === 'GET' ? answer(503, progress, last) : answer(200, progress, last))(
        request,
        response,
        reset,
      ),
    );
    const client = opened(server.address, binding(server.address));
    await client.health();
    await client.sealStatus();
    await client.unseal(body());
    await client.unseal(body());
    expect(server.connections.map(({ resumed }) => resumed)).toEqual([false, false, false, false]);
  });

  it('once: a connection that was closed under it is not tried again', async () => {
    const server = await node();
    const client = opened(server.address, binding(server.address));
    await client.unseal(body());
    server.behave(resetWithoutAnswer);
    expect(codeOf(await client.unseal(body()))).toBe('reset');
    expect(server.received).toHaveLength(2);
  });
});

describe('an impostor gets no byte of a share', () => {
  const impostor = (issued: Promise<IssuedCertificate>) => issued.then((cert) => node({ certificate: cert }));
  const day = 86_400_000;

  it.each<[string, () => Promise<Endpoint>, string]>([
    ['of another CA', () => impostor(stranger.issue({ names: ['127.0.0.1'] })), 'tls-untrusted'],
    ['of another name', () => impostor(authority.issue({ names: ['other.test'] })), 'tls-name'],
    [
      'whose certificate has expired',
      () => {
        const dates = { notBefore: new Date(Date.now() - 2 * day), notAfter: new Date(Date.now() - day) };
        return impostor(authority.issue({ names: ['127.0.0.1'], ...dates }));
      },
      'tls-expired',
    ],
  ])('%s', async (_who, start, code) => {
    const server = await start();
    expect(await codeAt(server.address)).toBe(code);
    expect(server.received).toEqual([]);
  });

  it("of the right CA, without the node's key", async () => {
    const server = await node();
    const other = await authority.issue({ names: ['127.0.0.1'] });
    expect(await codeAt(server.address, { pins: [other.spki] })).toBe('tls-untrusted');
    expect(server.received).toEqual([]);
  });

  it('that speaks plain HTTP where TLS was bound', async () => {
    const seen: Buffer[] = [];
    const server = closing(
      await startRaw((socket) => {
        socket.on('data', (bytes: Buffer) => {
          seen.push(bytes);
          socket.end('HTTP/1.1 200 OK\r\ncontent-length: 2\r\n\r\n{}');
        });
      }),
    );
    expect(await codeAt(`https://127.0.0.1:${server.port}`)).toBe('tls-untrusted');
    expect(Buffer.concat(seen).toString('latin1')).not.toContain(share);
  });

  it('at an address that the binding does not name, whatever fleet.yaml says', async () => {
    const server = await node();
    const settings = {
      timeouts: { connectMs: 1, headersMs: 1, totalMs: 1 },
      maxResponseBytes: 1,
      keepAliveMs: 1,
    };
    const refused = openShareClient(server.address, binding('https://vault-1.test:8200'), {
      ...settings,
      clock: systemClock,
      isRefusedAddress: isLinkLocal,
    });
    expect(refused).toMatchObject({ ok: false, error: { code: 'tls-untrusted' } });
    expect(server.connections).toEqual([]);
  });

  it('behind a binding whose CA cannot be read', () => {
    expect(() => opened('https://v.test', binding('https://v.test', { ca: ['AAAA'] }))).toThrow(
      'a CA certificate of the escrowed generation cannot be read',
    );
  });

  it('over plain HTTP to a name that is not this machine', async () => {
    const server = closing(await startEndpoint({ behaviour: taken }));
    const address = `http://vault.test:${server.port}`;
    const toLoopback: NonNullable<ShareClientSettings['lookup']> = (_name, _options, callback) =>
      callback(null, [{ address: '127.0.0.1', family: 4 }]);
    const client = opened(address, binding(address, { ca: [] }), { lookup: toLoopback });
    expect(codeOf(await client.unseal(body()))).toBe('tls-untrusted');
    expect(await client.health()).toMatchObject({ ok: false, error: { code: 'tls-untrusted' } });
    expect(server.connections).toEqual([]);
  });

  it('that a redirect points to', async () => {
    const other = await node();
    const server = await node({ behaviour: redirect(`${other.address}/v1/sys/unseal`) });
    expect(await codeAt(server.address)).toBe('other');
    expect(other.received).toEqual([]);
  });

  it('that the environment names as a proxy, or lets in without a check', async () => {
    const proxy = await node();
    for (const name of ['HTTPS_PROXY', 'https_proxy', 'HTTP_PROXY', 'ALL_PROXY'])
      vi.stubEnv(name, proxy.address);
    vi.stubEnv('NODE_TLS_REJECT_UNAUTHORIZED', '0');
    vi.stubEnv('NODE_USE_ENV_PROXY', '1');
    const server = await impostor(stranger.issue({ names: ['127.0.0.1'] }));
    expect(await codeAt(server.address)).toBe('tls-untrusted');
    expect([...proxy.received, ...server.received]).toEqual([]);
    expect(proxy.connections).toEqual([]);
  });
});
