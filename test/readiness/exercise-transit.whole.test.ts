import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { systemClock } from '../../shared/compose/clock.ts';
import { isLinkLocal } from '../../shared/fleet/network.ts';
import { exerciseTransit, type TransitPorts } from '../../shared/readiness/exercise/transit.ts';
import type { TransitFailure } from '../../shared/readiness/exercise/transit-exercise.ts';
import { createTransitClient } from '../../shared/vault/transit-client.ts';
import {
  answer,
  closeWithoutAnswer,
  drip,
  echo,
  hang,
  html,
  huge,
  redirect,
  resetMidBody,
} from '../fakes/hostile/behaviours.ts';
import { leaks } from '../fakes/hostile/disguises.ts';
import type { Behaviour } from '../fakes/hostile/endpoint.ts';
import { createAuthority, type TestAuthority } from '../fakes/pki.ts';
import { closing } from '../vault/clients.ts';
import { seal } from './examples.ts';
import { type Asked, type Provider, startProvider, tokenBody } from './provider.ts';

let authority: TestAuthority;
let first: Provider;
let second: Provider;
beforeAll(async () => {
  authority = await createAuthority('Provider CA');
  const certificate = await authority.issue({ names: ['127.0.0.1'] });
  [first, second] = await Promise.all([startProvider(certificate), startProvider(certificate)]);
});
afterAll(async () => {
  await Promise.all([first.close(), second.close()]);
});
beforeEach(() => {
  for (const provider of [first, second]) {
    provider.manners({});
    provider.received.length = 0;
  }
});

const token = 'hvs.CAESIJ-the-Token-of-the-Seal';
const own = 'hvs.CAESIK-a-Token-of-Our-Own';
const now = tokenBody.creation_time * 1000 + 3_600_000;

function clientAt(address: string, ca = authority.certPem) {
  return closing(
    createTransitClient({
      address,
      tls: { pins: [], ca },
      timeouts: { connectMs: 500, headersMs: 500, totalMs: 500 },
      maxResponseBytes: 64 * 1024,
      keepAliveMs: 10_000,
      clock: systemClock,
      isRefusedAddress: isLinkLocal,
    }),
  );
}

const exercise = (addresses: string[], over: Partial<TransitPorts> = {}) =>
  exerciseTransit(seal, {
    clients: addresses.map((address) => clientAt(address)),
    token: async () => ({ ok: true, value: token }),
    ownToken: async () => ({ ok: true, value: own }),
    random: (bytes) => Buffer.alloc(bytes, 7),
    // Who is away is asked again at once.
    clock: { ...systemClock, now: () => now, sleep: async () => undefined },
    timeoutMs: 500,
    ...over,
  });

describe('a provider that serves', () => {
  it('encrypts and decrypts 32 random bytes, and tells of token, rights and key', async () => {
    expect(await exercise([first.address])).toEqual({
      address: first.address,
      passedOver: [],
      roundTrip: { ok: true, value: { keyVersion: 2 } },
      token: {
        ok: true,
        value: {
          ttlMs: 80_000_000,
          periodMs: 86_400_000,
          creationTtlMs: 86_400_000,
          explicitMaxTtlMs: 0,
          ageMs: 3_600_000,
          orphan: true,
          renewable: true,
          policies: ['default', 'seal-payments'],
        },
      },
      rights: {
        ok: true,
        value: {
          'transit/encrypt/payments': ['update'],
          'transit/decrypt/payments': ['update'],
          'transit/keys/payments': [],
          'transit/keys/payments/config': [],
          'auth/token/create': [],
        },
      },
      key: { ok: true, value: { latestVersion: 2, minDecryptionVersion: 1, deletionAllowed: false } },
    });
    const sent = first.received.find(({ path }) => path === '/v1/transit/encrypt/payments');
    expect(JSON.parse(sent?.body ?? '')).toEqual({ plaintext: Buffer.alloc(32, 7).toString('base64') });
  });

  it("is asked with the seal's own token, but for the key, which ours may read", async () => {
    await exercise([first.address]);
    const tokens = Object.fromEntries(
      first.received.map(({ headers }, at) => [first.asked()[at], headers['x-vault-token']]),
    );
    expect(tokens).toEqual({
      keys: own,
      encrypt: token,
      decrypt: token,
      'lookup-self': token,
      'capabilities-self': token,
    });
  });

  it('is used although the first of its nodes is sealed, and that is said', async () => {
    first.manners({ encrypt: answer(503, { errors: ['Vault is sealed'] }) });
    const found = await exercise([first.address, second.address]);
    expect(found).toMatchObject({ address: second.address, roundTrip: { ok: true } });
    expect(found.passedOver).toEqual([`${first.address} is sealed (503)`]);
  });

  it('is used although another node hangs, is gone, or is no Vault at all', async () => {
    for (const behaviour of [hang, html, closeWithoutAnswer]) {
      first.manners({ encrypt: behaviour });
      expect(await exercise([first.address, second.address])).toMatchObject({ roundTrip: { ok: true } });
    }
    expect(await exercise(['https://127.0.0.1:1', second.address])).toMatchObject({
      roundTrip: { ok: true },
    });
  });

  it('is not asked to encrypt with a key that is gone: whoever may create keys would make a new one', async () => {
    first.manners({ keys: answer(404, { errors: [] }) });
    expect(await exercise([first.address])).toMatchObject({
      roundTrip: { ok: false, code: 'key-missing' },
      token: { ok: true },
    });
    expect(first.asked()).not.toContain('encrypt');
  });
});

describe('a provider that does not', () => {
  const errors = (status: number) => answer(status, { errors: ['words of a server'] });
  it.each<[string, Asked, Behaviour, TransitFailure]>([
    ['refuses to encrypt', 'encrypt', errors(403), 'encrypt-denied'],
    ['refuses to decrypt', 'decrypt', errors(403), 'decrypt-denied'],
    ['has no such mount', 'encrypt', errors(404), 'key-missing'],
    ['refuses to use the key', 'decrypt', errors(400), 'key-unusable'],
    ['gives back something else', 'decrypt', answer(200, { data: { plaintext: 'AAAA' } }), 'key-unusable'],
    ['is sealed', 'encrypt', errors(503), 'provider-sealed'],
    ['has no leader', 'encrypt', errors(500), 'provider-unreachable'],
    ['hangs', 'encrypt', hang, 'provider-unreachable'],
    ['never comes to an end', 'decrypt', drip, 'provider-unreachable'],
    ['is cut off', 'encrypt', resetMidBody, 'provider-unreachable'],
    ['has a quota', 'encrypt', errors(429), 'refused'],
    ['sends us elsewhere', 'encrypt', redirect('https://elsewhere.test/'), 'refused'],
    ['is a web page', 'encrypt', html, 'odd-answer'],
    ['says far too much', 'encrypt', huge, 'odd-answer'],
    ['answers in another shape', 'encrypt', answer(200, { data: { ciphertext: 7 } }), 'odd-answer'],
  ])('%s', async (_what, path, behaviour, code) => {
    first.manners({ [path]: behaviour });
    const found = await exercise([first.address]);
    expect(found.roundTrip).toMatchObject({ ok: false, code });
    expect(JSON.stringify(found)).not.toContain('words of a server');
    expect(leaks(found, [token, own])).toEqual([]);
  });

  it('is not asked for more than it has already failed to do', async () => {
    first.manners({ encrypt: errors(503) });
    const { roundTrip, token: looked, rights } = await exercise([first.address]);
    expect([looked, rights]).toEqual([roundTrip, roundTrip]);
    expect(first.asked()).toEqual(['keys', 'encrypt', 'keys', 'encrypt']);
  });

  it('counts as denying when one node denies and the other does not serve', async () => {
    first.manners({ encrypt: errors(503) });
    second.manners({ encrypt: errors(403) });
    const found = await exercise([first.address, second.address]);
    expect(found).toMatchObject({ address: second.address, roundTrip: { code: 'encrypt-denied' } });
  });

  it('shows a certificate of somebody else', async () => {
    const { certPem } = await createAuthority('Somebody else');
    const clients = [clientAt(first.address, certPem)];
    expect(await exercise([], { clients })).toMatchObject({ roundTrip: { code: 'provider-tls' } });
    expect(first.received).toEqual([]);
  });
});

describe('parts that cannot be had leave the others', () => {
  it.each<[string, Asked, 'token' | 'rights' | 'key', string]>([
    ['lookup-self is refused', 'lookup-self', 'token', 'give the token the policy default'],
    ['capabilities-self is refused', 'capabilities-self', 'rights', 'give the token the policy default'],
    [
      'the key may not be read',
      'keys',
      'key',
      'the login of root in fleet.yaml needs path "transit/keys/payments" { capabilities = ["read"] }',
    ],
  ])('%s', async (_what, path, part, detail) => {
    first.manners({ [path]: answer(403, { errors: ['permission denied'] }) });
    const found = await exercise([first.address]);
    expect(found.roundTrip.ok).toBe(true);
    expect(found[part]).toMatchObject({
      ok: false,
      code: 'denied',
      detail: expect.stringContaining(detail) as string,
    });
  });

  it('there is no login at the provider', async () => {
    const { key, roundTrip } = await exercise([first.address], { ownToken: undefined });
    expect(roundTrip.ok).toBe(true);
    expect(key).toMatchObject({
      code: 'no-credential',
      detail: expect.stringContaining('no login') as string,
    });
  });

  it('the login at the provider fails', async () => {
    const ownToken = async () => ({ ok: false as const, why: 'the login at … fails: timeout' });
    const { key, roundTrip } = await exercise([first.address], { ownToken });
    expect(roundTrip.ok).toBe(true);
    expect(key).toMatchObject({ detail: 'not read: the login at … fails: timeout' });
  });
});

describe("the seal's token", () => {
  it('that cannot be read: nothing is sent', async () => {
    const found = await exercise([first.address], {
      token: async () => ({ ok: false, why: 'env:X is not set' }),
    });
    expect(found.roundTrip).toEqual({
      ok: false,
      code: 'no-credential',
      detail: "the seal's token cannot be read: env:X is not set",
    });
    expect(first.received).toEqual([]);
  });

  it('that holds what no token holds is not sent, and not shown', async () => {
    const odd = 'first-line\nsecond-line';
    const found = await exercise([first.address], { token: async () => ({ ok: true, value: odd }) });
    expect(found.roundTrip).toMatchObject({ code: 'no-credential' });
    expect(first.asked()).toEqual(['keys']);
    expect(leaks(found, [odd, 'second-line'])).toEqual([]);
  });

  it('is not shown when a provider calls policies after it, in whatever disguise', async () => {
    const names = [token, own].flatMap((each) => [
      each,
      Buffer.from(each).toString('base64'),
      Buffer.from(each).toString('base64url'),
      Buffer.from(each).toString('hex'),
      encodeURIComponent(each),
    ]);
    first.manners({
      'lookup-self': answer(200, { data: { ...tokenBody, policies: [...names, 'default', 'root'] } }),
      'capabilities-self': answer(200, {
        data: Object.fromEntries(names.map((name) => [name, [name.slice(0, 40)]])),
      }),
    });
    const found = await exercise([first.address]);
    expect(found.token).toMatchObject({
      value: { policies: ['(a name that is not shown)', 'default', 'root'] },
    });
    expect(leaks(found, [token, own])).toEqual([]);
  });

  it.each([403, 400, 500, 503, 429, 307, 200])(
    'is not shown when everything is an echo with %i',
    async (status) => {
      const all = echo(status);
      first.manners({ encrypt: all, decrypt: all, 'lookup-self': all, 'capabilities-self': all, keys: all });
      expect(leaks(await exercise([first.address]), [token, own])).toEqual([]);
    },
  );
});
