import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { createKeySetGet } from '../../shared/people/jwks-http.ts';
import { createKeySource, type SigningKeys } from '../../shared/people/keys.ts';
import { verifyPerson } from '../../shared/people/token.ts';
import { ManualClock } from '../fakes/clock.ts';
import { type FakeEntra, newKey, publicEntry, startFakeEntra } from '../fakes/entra/issuer.ts';

const minute = 60_000;
const day = 24 * 60 * minute;
let clock: ManualClock;
let entra: FakeEntra;
let keys: SigningKeys;
let failures: string[];

beforeEach(async () => {
  clock = new ManualClock();
  entra = await startFakeEntra(clock.now());
  failures = [];
  keys = createKeySource({
    ...entra.settings,
    url: entra.keysUrl,
    get: createKeySetGet({ isRefusedAddress: () => false, isPlainHost: () => true }),
    clock,
    onFailure: (message) => failures.push(message),
  });
});
afterEach(() => entra.close());

/** At the time that the token was made for: only the keys' clock moves in these tests. */
const start = new ManualClock().now();
async function verify(token: string): Promise<string> {
  const verified = await verifyPerson(`Bearer ${token}`, entra.settings, keys, start);
  return verified.ok ? 'ok' : verified.code;
}

describe('signing keys', () => {
  it('are fetched with the first token, and kept for a day', async () => {
    expect(entra.fetches).toBe(0);
    for (let i = 0; i < 3; i += 1) expect(await verify(entra.mint())).toBe('ok');
    await clock.advance(day - 1);
    expect(await verify(entra.mint())).toBe('ok');
    expect(entra.fetches).toBe(1);
    await clock.advance(1);
    expect(await verify(entra.mint())).toBe('ok');
    expect(entra.fetches).toBe(2);
  });

  it('are fetched once for tokens that come at the same time', async () => {
    const answers = await Promise.all([1, 2, 3, 4].map(() => verify(entra.mint())));
    expect(answers).toEqual(['ok', 'ok', 'ok', 'ok']);
    expect(entra.fetches).toBe(1);
  });

  it('roll over: a token of the new key is taken, and one of the old key while it is published', async () => {
    const old = entra.mint();
    expect(await verify(old)).toBe('ok');
    await entra.rollKeys();
    await clock.advance(minute);
    expect(await verify(entra.mint())).toBe('ok');
    expect(await verify(old)).toBe('ok');
    expect(entra.fetches).toBe(2);
  });

  it('roll over: a key that is not published any more signs nothing', async () => {
    const old = entra.mint();
    expect(await verify(old)).toBe('ok');
    await entra.rollKeys({ keepOld: false });
    await clock.advance(minute);
    expect(await verify(entra.mint())).toBe('ok');
    expect(await verify(old)).toBe('token-key-unknown');
  });

  it('are asked for at most once a minute, however many unknown keys are named', async () => {
    expect(await verify(entra.mint())).toBe('ok');
    await entra.rollKeys({ published: false });
    for (let i = 0; i < 20; i += 1) expect(await verify(entra.mint())).toBe('token-key-unknown');
    expect(entra.fetches).toBe(1);
    await clock.advance(minute);
    for (let i = 0; i < 20; i += 1) expect(await verify(entra.mint())).toBe('token-key-unknown');
    expect(entra.fetches).toBe(2);
  });

  it.each([
    ['fails', { status: 500 }],
    ['is cut', 'reset' as const],
    ['brings no key set', { status: 200, body: '<html>sign in to the wifi</html>' }],
    ['brings an empty set', { status: 200, body: '{"keys":[]}' }],
    ['leads elsewhere', { status: 302, headers: { location: 'https://example.com/keys' } }],
  ])('of before stay in force when a refresh %s', async (_, answer) => {
    const token = entra.mint();
    expect(await verify(token)).toBe('ok');
    entra.respond(answer);
    await clock.advance(3 * day);
    expect(await verify(token)).toBe('ok');
    expect(entra.fetches).toBe(2);
    expect(failures).toEqual([expect.stringMatching(/^signing keys: 127\.0\.0\.1:\d+.+/)]);
    entra.respond(undefined);
    await entra.rollKeys();
    await clock.advance(minute);
    expect(await verify(entra.mint())).toBe('ok');
  });

  it('that were never there are asked for again after 5 s, not with every token', async () => {
    entra.respond({ status: 503 });
    expect(await verify(entra.mint())).toBe('keys-unavailable');
    entra.respond(undefined);
    expect(await verify(entra.mint())).toBe('keys-unavailable');
    expect(entra.fetches).toBe(1);
    await clock.advance(5000);
    expect(await verify(entra.mint())).toBe('ok');
  });

  it('are not asked for again while the first answer is on its way, however long that takes', async () => {
    let asked = 0;
    let answer: (body: string) => void = () => expect.unreachable();
    const slow = createKeySource({
      ...entra.settings,
      url: entra.keysUrl,
      get: () => {
        asked += 1;
        return new Promise((resolve) => {
          answer = (body) => resolve({ ok: true, body });
        });
      },
      clock,
    });
    const key = await newKey();
    const first = slow.find(key.kid);
    await clock.advance(minute);
    const second = slow.find(key.kid);
    answer(JSON.stringify({ keys: [publicEntry(key)] }));
    expect([await first, await second]).toMatchObject([{ ok: true }, { ok: true }]);
    expect(asked).toBe(1);
  });
});

describe('a published key', () => {
  const left: [string, () => Promise<Record<string, unknown>>][] = [
    ['of 1024 bits', async () => publicEntry(await newKey(1024))],
    ['with the exponent 3', async () => publicEntry(await newKey(2048, 3))],
    ['for encryption', async () => ({ ...publicEntry(await newKey()), use: 'enc' })],
    ['for another algorithm', async () => ({ ...publicEntry(await newKey()), alg: 'PS256' })],
    ['whose private part is published', async () => ({ ...publicEntry(await newKey()), d: 'AQAB' })],
    ['without a modulus', async () => ({ kty: 'RSA', kid: 'x', e: 'AQAB' })],
    ['that is a shared secret', async () => ({ kty: 'oct', kid: 'x', k: 'c2VjcmV0' })],
    [
      'of another issuer',
      async () => ({
        ...publicEntry(await newKey()),
        issuer: 'https://login.microsoftonline.com/other/v2.0',
      }),
    ],
  ];
  it.each(left)('is left out %s, and the others count', async (_, entry) => {
    const useless = await entry();
    entra.publish(useless, 'nonsense', null);
    expect(await verify(entra.mint())).toBe('ok');
    expect(await keys.find(String(useless['kid']))).toEqual({ ok: false, code: 'token-key-unknown' });
  });

  it('is taken where its issuer is written for any tenant', async () => {
    const key = await newKey();
    entra.publish({ ...publicEntry(key), issuer: 'https://login.microsoftonline.com/{tenantid}/v2.0' });
    expect(await keys.find(key.kid)).toMatchObject({ ok: true });
  });

  it('keeps its id when another one comes under it', async () => {
    const [key, later] = await Promise.all([newKey(), newKey()]);
    entra.publish(publicEntry(key), { ...publicEntry(later), kid: key.kid });
    const found = await keys.find(key.kid);
    expect(found.ok && found.key.equals(key.publicKey)).toBe(true);
  });
});
