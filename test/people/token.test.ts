import { createServer } from 'node:http';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { createKeySetGet } from '../../shared/people/jwks-http.ts';
import { createKeySource, type SigningKeys } from '../../shared/people/keys.ts';
import { refusals } from '../../shared/people/refusal.ts';
import { verifyPerson } from '../../shared/people/token.ts';
import { ManualClock } from '../fakes/clock.ts';
import {
  ada,
  type FakeEntra,
  type Minted,
  newKey,
  publicEntry,
  startFakeEntra,
} from '../fakes/entra/issuer.ts';

const clock = new ManualClock();
const now = clock.now();
const seconds = now / 1000;
const other = '9d2c0000-1111-4222-8333-444455556666';
let entra: FakeEntra;
let keys: SigningKeys;

beforeAll(async () => {
  entra = await startFakeEntra(now);
});
afterAll(() => entra.close());
beforeEach(() => {
  const get = createKeySetGet({ isRefusedAddress: () => false, isPlainHost: () => true });
  keys = createKeySource({ ...entra.settings, url: entra.keysUrl, get, clock });
});

const verify = (authorization: string | null | undefined, at = now) =>
  verifyPerson(authorization, entra.settings, keys, at);
const verifyMinted = (wrong?: Minted) => verify(`Bearer ${entra.mint(wrong)}`);

describe('a token of a person', () => {
  it('says who it is, by tenant and object id, and which roles it holds', async () => {
    expect(await verifyMinted()).toEqual({
      ok: true,
      person: {
        id: `${entra.settings.tenant}/${ada}`,
        name: 'ada@example.com',
        roles: ['Sealwatch.Read', 'Sealwatch.Operate', 'Sealwatch.Approve'],
      },
    });
  });

  it.each([
    ['with roles of others beside ours', { roles: ['Other.Admin', 'Sealwatch.Read', 7] }, ['Sealwatch.Read']],
    ['marked as a user’s', { idtyp: 'user', roles: ['Sealwatch.Approve'] }, ['Sealwatch.Approve']],
  ])('is taken %s', async (_, claims, roles) => {
    expect(await verifyMinted({ claims })).toMatchObject({ ok: true, person: { roles } });
  });

  it('is one person however its object id is spelled', async () => {
    const verified = await verifyMinted({ claims: { oid: ada.toUpperCase() } });
    expect(verified).toMatchObject({ ok: true, person: { id: `${entra.settings.tenant}/${ada}` } });
  });

  it.each([
    ['user name first', {}, 'ada@example.com'],
    ['display name where there is no user name', { preferred_username: undefined }, 'Ada Lovelace'],
    ['object id where there is neither', { preferred_username: ' ', name: 7 }, ada],
    ['one line of it', { preferred_username: 'ada\n\u202eROOT\u0000x' }, 'ada ROOT x'],
    ['a hundred characters of it', { preferred_username: 'a'.repeat(300) }, 'a'.repeat(100)],
  ])('shows the %s', async (_, claims, name) => {
    expect(await verifyMinted({ claims })).toMatchObject({ ok: true, person: { name } });
  });

  it.each(['Bearer', 'bearer', 'BEARER'])('may be announced as %s', async (scheme) => {
    expect(await verify(`${scheme} ${entra.mint()}`)).toMatchObject({ ok: true });
  });
});

describe('a token is refused', () => {
  const conditions: [string, Minted['claims'], keyof typeof refusals][] = [
    ['of another tenant', { tid: other }, 'token-tenant'],
    ['without a tenant', { tid: undefined }, 'token-tenant'],
    ['of another issuer', { iss: `https://login.microsoftonline.com/${other}/v2.0` }, 'token-issuer'],
    ['of the local issuer', { iss: 'sealwatch-local', tid: 'local' }, 'token-tenant'],
    ['of version 1', { ver: '1.0', iss: `https://sts.windows.net/${other}/` }, 'token-version'],
    ['without a version', { ver: undefined }, 'token-version'],
    ['with a version that is a number', { ver: 2 }, 'token-version'],
    ['for another audience', { aud: other }, 'token-audience'],
    ['for several audiences', { aud: [other, 'x'] }, 'token-audience'],
    ['without an audience', { aud: undefined }, 'token-audience'],
    ['of an application, without a scope', { scp: undefined }, 'token-app-only'],
    ['of an application, with a scope all the same', { idtyp: 'app' }, 'token-app-only'],
    ['of a kind that is not known', { idtyp: 7 }, 'token-app-only'],
    ['of a client that is not allowed', { azp: other }, 'token-client'],
    ['of a client that v1 names', { azp: undefined, appid: other }, 'token-client'],
    ['with another scope', { scp: 'Sealwatch.AccessAll openid' }, 'token-scope'],
    ['with an empty scope', { scp: '' }, 'token-scope'],
    ['with scopes in a list', { scp: ['Sealwatch.Access'] }, 'token-app-only'],
    ['without a role', { roles: undefined }, 'token-role'],
    ['with roles of others only', { roles: ['Sealwatch.read', 'Admin'] }, 'token-role'],
    ['with a role that is text', { roles: 'Sealwatch.Approve' }, 'token-role'],
    ['of nobody', { oid: undefined }, 'token-person'],
    ['of a person who is no GUID', { oid: 'ada' }, 'token-person'],
    ['of a person with another’s id behind a slash', { oid: `${ada}/../x` }, 'token-person'],
    ['past its end', { exp: seconds - 61 }, 'token-expired'],
    ['without an end', { exp: undefined }, 'token-expired'],
    ['whose end is text', { exp: '9999999999' }, 'token-expired'],
    ['before its time', { nbf: seconds + 61 }, 'token-not-yet-valid'],
  ];
  it.each(conditions)('%s', async (_, claims = {}, code) => {
    const refused = await verifyMinted({ claims });
    expect(refused).toEqual({ ok: false, code, ...refusals[code] });
  });

  const forgeries: [string, Minted, keyof typeof refusals][] = [
    ['without a signature (alg none)', { signature: 'none' }, 'token-algorithm'],
    ['with alg "None"', { signature: 'none', header: { alg: 'None' } }, 'token-algorithm'],
    ['with RS256 and no signature', { signature: 'none', header: { alg: 'RS256' } }, 'token-signature'],
    ['signed with our public key as secret (HS256)', { signature: 'hmac' }, 'token-algorithm'],
    ['signed so, and called RS256', { signature: 'hmac', header: { alg: 'RS256' } }, 'token-signature'],
    ['of another algorithm', { header: { alg: 'PS256' } }, 'token-algorithm'],
    ['signed by a stranger under a known key id', { signature: 'stranger' }, 'token-signature'],
    ['that names no key', { header: { kid: undefined } }, 'token-key-unknown'],
    ['that names an unknown key', { header: { kid: 'unknown' } }, 'token-key-unknown'],
    ['whose key id is an object', { header: { kid: { a: 1 } } }, 'token-key-unknown'],
    ['with x5c of its own', { header: { x5c: ['MII'] } }, 'token-key-embedded'],
    ['with critical extensions that nobody knows', { header: { crit: ['x'], x: 1 } }, 'token-malformed'],
    ['of an unencoded payload', { header: { crit: ['b64'], b64: false } }, 'token-malformed'],
  ];
  it.each(forgeries)('%s', async (_, wrong, code) => {
    expect(await verifyMinted(wrong)).toMatchObject({ ok: false, code });
  });

  it('with a key of its own, whose server is not asked', async () => {
    const own = await newKey();
    let asked = 0;
    const server = createServer((_request, response) => {
      asked += 1;
      response.end(JSON.stringify({ keys: [publicEntry(own)] }));
    }).listen(0, '127.0.0.1');
    const { port } = await new Promise<{ port: number }>((resolve) => {
      server.on('listening', () => resolve(server.address() as { port: number }));
    });
    const url = `http://127.0.0.1:${port}/keys`;
    for (const header of [{ jwk: publicEntry(own) }, { jku: url }, { x5u: url }]) {
      const refused = await verifyMinted({ header, signature: 'stranger' });
      expect(refused).toMatchObject({ ok: false, code: 'token-key-embedded' });
    }
    server.close();
    expect(asked).toBe(0);
  });

  it('whose claims were changed under its signature', async () => {
    const [header, , signature] = entra.mint({ claims: { roles: ['Sealwatch.Read'] } }).split('.');
    const [, payload] = entra.mint().split('.');
    const changed = [header, payload, signature].join('.');
    expect(await verify(`Bearer ${changed}`)).toMatchObject({ ok: false, code: 'token-signature' });
  });

  const headers: [string, (token: string) => string | null | undefined, keyof typeof refusals][] = [
    ['there is none', () => undefined, 'token-missing'],
    ['there is none in fetch’s words', () => null, 'token-missing'],
    ['it is blank', () => '  ', 'token-missing'],
    ['it has no scheme', (token) => token, 'token-malformed'],
    ['it has another scheme', (token) => `Basic ${token}`, 'token-malformed'],
    ['two came as one', (token) => `Bearer ${token}, Bearer ${token}`, 'token-malformed'],
    ['it is encrypted', (token) => `Bearer ${token}.a.b`, 'token-malformed'],
    ['its header is not JSON', () => 'Bearer bm90.bm90.bm90', 'token-malformed'],
    ['its header is a list', () => 'Bearer W10.W10.bm90', 'token-malformed'],
    ['it is larger than any token', (token) => `Bearer ${token}${'A'.repeat(20_000)}`, 'token-malformed'],
  ];
  it.each(headers)('where %s', async (_, header, code) => {
    expect(await verify(header(entra.mint()))).toMatchObject({ ok: false, code });
  });
});

describe('clocks that differ', () => {
  it.each([
    ['60 s after its end', { exp: seconds - 59 }],
    ['60 s before its time', { nbf: seconds + 60 }],
  ])('are borne up to %s', async (_, claims) => {
    expect(await verifyMinted({ claims })).toMatchObject({ ok: true });
  });

  it('end a token that was good', async () => {
    const token = entra.mint();
    expect(await verify(`Bearer ${token}`, now + 3_659_000)).toMatchObject({ ok: true });
    expect(await verify(`Bearer ${token}`, now + 3_661_000)).toMatchObject({ code: 'token-expired' });
  });
});

describe('headers of the platform', () => {
  const principal = { auth_typ: 'aad', claims: [{ typ: 'roles', val: 'Sealwatch.Approve' }] };
  const forged = {
    'x-ms-client-principal': Buffer.from(JSON.stringify(principal)).toString('base64'),
    'x-ms-client-principal-id': ada,
    'x-ms-client-principal-name': 'ada@example.com',
  };
  it('give no access without a token, and add nothing to one', async () => {
    const nobody = new Headers(forged);
    expect(await verify(nobody.get('authorization'))).toMatchObject({ ok: false, code: 'token-missing' });
    const reader = new Headers({
      ...forged,
      authorization: `Bearer ${entra.mint({ claims: { roles: ['Sealwatch.Read'], oid: other } })}`,
    });
    expect(await verify(reader.get('authorization'))).toMatchObject({
      person: { id: `${entra.settings.tenant}/${other}`, roles: ['Sealwatch.Read'] },
    });
  });
});

describe('a refusal', () => {
  it('never quotes the token', async () => {
    const marks = { tid: 'mark-tid', aud: 'mark-aud', azp: 'mark-azp', scp: 'mark-scp', oid: 'mark-oid' };
    for (const [claim, mark] of Object.entries(marks)) {
      const token = entra.mint({ claims: { [claim]: mark } });
      const said = JSON.stringify(await verify(`Bearer ${token}`));
      expect(said).toContain('"ok":false');
      expect(said).not.toContain('mark-');
      for (const part of token.split('.')) expect(said).not.toContain(part);
    }
  });

  it('says one sentence with a fix, in its own words', () => {
    const messages = Object.values(refusals).map(({ message }) => message);
    expect(new Set(messages).size).toBe(messages.length);
    for (const message of messages) expect(message).toMatch(/^[a-z].*: \S.*[^.]$/);
  });

  it('is 503 where no keys can be fetched: the token may be good', async () => {
    entra.respond({ status: 500 });
    const refused = await verifyMinted();
    entra.respond(undefined);
    expect(refused).toMatchObject({ ok: false, status: 503, code: 'keys-unavailable' });
  });
});
