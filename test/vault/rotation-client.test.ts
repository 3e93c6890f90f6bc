/** What rotations ask of a provider, at endpoints that are no friends. */
import { beforeAll, describe, expect, it, vi } from 'vitest';
import { systemClock } from '../../shared/compose/clock.ts';
import { isLinkLocal } from '../../shared/fleet/network.ts';
import { createRotationClient, type RotationClient } from '../../shared/vault/rotation-client.ts';
import { answer, echo, html, redirect, resetMidBody, text } from '../fakes/hostile/behaviours.ts';
import { leaks } from '../fakes/hostile/disguises.ts';
import { type Behaviour, type Endpoint, startEndpoint } from '../fakes/hostile/endpoint.ts';
import { createAuthority, type IssuedCertificate, type TestAuthority } from '../fakes/pki.ts';
import { closing } from './clients.ts';
import { accessor, calls, key, made, role, token, wrapInfo, wrapping } from './rotation-calls.ts';

let authority: TestAuthority;
let certificate: IssuedCertificate;
beforeAll(async () => {
  authority = await createAuthority('Test CA');
  certificate = await authority.issue({ names: ['127.0.0.1'] });
});

const server = async (behaviour: Behaviour): Promise<Endpoint> =>
  closing(await startEndpoint({ behaviour, certificate }));

function clientAt(address: string, ca: string | undefined = authority.certPem): RotationClient {
  return closing(
    createRotationClient({
      address,
      tls: { pins: [], ...(ca !== undefined && { ca }) },
      timeouts: { connectMs: 5_000, headersMs: 5_000, totalMs: 5_000 },
      maxResponseBytes: 64 * 1024,
      keepAliveMs: 10_000,
      clock: systemClock,
      isRefusedAddress: isLinkLocal,
    }),
  );
}

describe.each(calls)('$method $path', ({ method, path, by, body, wrapTtl, reply, read, ask }) => {
  it('is sent with the token in its header alone, and its answer read', async () => {
    const { address, received } = await server(answer(200, reply));
    const result = await ask(clientAt(address), by);
    expect(result).toMatchObject({ ok: true, ...(read === undefined ? {} : { body: read }) });
    expect(received).toHaveLength(1);
    const [sent] = received;
    expect(sent).toMatchObject({ method, path, headers: { 'x-vault-token': by } });
    expect(sent?.headers['x-vault-wrap-ttl']).toBe(wrapTtl);
    expect(sent?.body === '' ? undefined : JSON.parse(sent?.body ?? '')).toEqual(body);
    expect(leaks([sent?.path, sent?.body], [by])).toEqual([]);
  });

  it.each([307, 400, 403, 404, 429, 500, 503])(
    'refused with %i: the status, and no word of the server',
    async (status) => {
      const { address } = await server(echo(status));
      const result = await ask(clientAt(address), by);
      expect(result).toMatchObject({ ok: false, error: { code: 'http', status } });
      expect(result).not.toHaveProperty('error.reasons');
      expect(leaks(result, [by, made])).toEqual([]);
    },
  );

  it.each<[string, Behaviour, string]>([
    ['a page', html, 'not-json'],
    ['what was sent, in other shapes', answer(200, [[token, wrapping, made]]), 'not-vault'],
    ['half an answer', resetMidBody, 'reset'],
    ['more than any answer', text(200, ' '.repeat(2 * 1024 * 1024)), 'too-large'],
  ])('with %s for an answer is not done', async (_what, behaviour, code) => {
    const { address } = await server(behaviour);
    const result = await ask(clientAt(address), by);
    expect(result).toMatchObject({ ok: false, error: { code } });
    expect(leaks(result, [token, wrapping, made])).toEqual([]);
  });

  it('is never sent on to where a redirect leads', async () => {
    const elsewhere = await server(answer(200, reply));
    const { address } = await server(redirect(`${elsewhere.address}${path}`));
    expect(await ask(clientAt(address), by)).toMatchObject({ ok: false, error: { status: 307 } });
    expect(elsewhere.received).toEqual([]);
  });

  it.each([`${token}\n`, '', 'two words', 'tökén'])('is not sent with %j for a token', async (odd) => {
    const { address, received } = await server(answer(200, reply));
    expect(await ask(clientAt(address), odd)).toMatchObject({ ok: false, error: { code: 'http' } });
    expect(received).toEqual([]);
  });

  it('is not sent in the clear, nor to who cannot prove its name', async () => {
    expect(await ask(clientAt('http://vault.example.com:8200'), by)).toMatchObject({
      error: { code: 'tls-untrusted' },
    });
    vi.stubEnv('NODE_TLS_REJECT_UNAUTHORIZED', '0');
    const { address, received } = await server(answer(200, reply));
    const { certPem } = await createAuthority('Stranger CA');
    expect(await ask(clientAt(address, certPem), by)).toMatchObject({ error: { code: 'tls-untrusted' } });
    expect(received).toEqual([]);
    vi.unstubAllEnvs();
  });
});

describe('an accessor', () => {
  const gone = { errors: ['1 error occurred:\n\t* invalid accessor\n\n'] };

  it.each([400, 403, 404])(
    'that the server does not know (%i) is gone, which is an answer',
    async (status) => {
      const { address } = await server(answer(status, gone));
      const client = clientAt(address);
      expect(await client.lookupAccessor(accessor, token)).toMatchObject({ ok: true, body: undefined });
      expect(await client.revokeAccessor(accessor, token)).toMatchObject({ ok: true });
    },
  );

  it.each([
    [403, ['1 error occurred:\n\t* permission denied\n\n']],
    [400, ['1 error occurred:\n\t* missing accessor\n\n']],
    [404, []],
    [500, ['1 error occurred:\n\t* invalid accessor\n\n']],
  ])('is not taken for gone by %i %j', async (status, errors) => {
    const { address } = await server(answer(status, { errors }));
    const client = clientAt(address);
    expect(await client.lookupAccessor(accessor, token)).toMatchObject({ ok: false, error: { status } });
    expect(await client.revokeAccessor(accessor, token)).toMatchObject({ ok: false, error: { status } });
  });
});

it('204 is done', async () => {
  const { address } = await server((_request, response) => response.writeHead(204).end());
  const client = clientAt(address);
  for (const done of [
    client.revokeAccessor(accessor, token),
    client.rotateKey(key, token),
    client.setMinimum(key, 2, token),
    client.stepDown(token),
  ])
    expect(await done).toMatchObject({ ok: true, status: 204 });
});

it.each(['', '..', 'a/b', 'a b', 'a?b', '%2e%2e'])('a role named %j is no path', async (name) => {
  const { address, received } = await server(answer(200, {}));
  const client = clientAt(address);
  const named = { displayName: 'x', meta: {} };
  expect(await client.createWrapped(name, named, 120, token)).toMatchObject({ error: { code: 'http' } });
  expect(await client.tokenRole(name, token)).toMatchObject({ error: { code: 'http' } });
  expect(received).toEqual([]);
});

it.each(['', 'with"quote', 'with\\slash', 'two words', 'line\n', 'tökén'])(
  '%j is not wrapped: no token looks so',
  async (odd) => {
    const { address, received } = await server(answer(200, {}));
    const result = await clientAt(address).wrap(Buffer.from(odd), 60, token);
    expect(result).toMatchObject({ ok: false, error: { code: 'http' } });
    if (odd !== '') expect(leaks(result, [odd])).toEqual([]);
    expect(received).toEqual([]);
  },
);

it('who wraps keeps the value', async () => {
  const { address } = await server(answer(200, { wrap_info: wrapInfo }));
  const value = Buffer.from(made);
  await clientAt(address).wrap(value, 60, token);
  expect(value.toString()).toBe(made);
});

it('no connection resumes a TLS session: a resumed one skips the check of the name', async () => {
  const { address, connections } = await server(answer(200, { data: role }, { connection: 'close' }));
  const client = clientAt(address);
  for (let n = 0; n < 3; n += 1)
    expect(await client.tokenRole('payments', token)).toMatchObject({ ok: true });
  expect(connections).toEqual([{ resumed: false }, { resumed: false }, { resumed: false }]);
});
