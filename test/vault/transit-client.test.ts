import { afterEach, beforeAll, describe, expect, it, vi } from 'vitest';
import { systemClock } from '../../shared/compose/clock.ts';
import { isLinkLocal } from '../../shared/fleet/network.ts';
import { createTransitClient, type TransitClient } from '../../shared/vault/transit-client.ts';
import { answer, echo, redirect } from '../fakes/hostile/behaviours.ts';
import { leaks } from '../fakes/hostile/disguises.ts';
import { type Endpoint, startEndpoint } from '../fakes/hostile/endpoint.ts';
import { createAuthority, type IssuedCertificate, type TestAuthority } from '../fakes/pki.ts';
import { tokenBody } from '../readiness/provider.ts';
import { closing } from './clients.ts';

const token = 'hvs.CAESIJ-the-Token-of-the-Seal';
const at = { mount: 'infra/transit', key: 'payments' };

let authority: TestAuthority;
let certificate: IssuedCertificate;
beforeAll(async () => {
  authority = await createAuthority('Test CA');
  certificate = await authority.issue({ names: ['127.0.0.1'] });
});
afterEach(() => vi.unstubAllEnvs());

const provider = async (behaviour: Parameters<typeof startEndpoint>[0]['behaviour']): Promise<Endpoint> =>
  closing(await startEndpoint({ behaviour, certificate }));

function clientAt(address: string, ca: string | undefined = authority.certPem): TransitClient {
  return closing(
    createTransitClient({
      address,
      tls: { pins: [], ...(ca !== undefined && { ca }) },
      timeouts: { connectMs: 1_000, headersMs: 1_000, totalMs: 1_000 },
      maxResponseBytes: 64 * 1024,
      keepAliveMs: 10_000,
      clock: systemClock,
      isRefusedAddress: isLinkLocal,
    }),
  );
}

type Ask = (client: TransitClient, with_?: string) => Promise<unknown>;
const calls: [string, string, unknown, unknown, Ask][] = [
  [
    'POST',
    '/v1/infra/transit/encrypt/payments',
    { plaintext: 'AAAA' },
    { ciphertext: 'vault:v1:x', key_version: 1 },
    (client, own = token) => client.encrypt(at, own, 'AAAA'),
  ],
  [
    'POST',
    '/v1/infra/transit/decrypt/payments',
    { ciphertext: 'vault:v1:x' },
    { plaintext: 'AAAA' },
    (client, own = token) => client.decrypt(at, own, 'vault:v1:x'),
  ],
  [
    'GET',
    '/v1/auth/token/lookup-self',
    undefined,
    tokenBody,
    (client, own = token) => client.lookupSelf(own),
  ],
  [
    'POST',
    '/v1/sys/capabilities-self',
    { paths: ['a', 'b'] },
    { a: ['update'], b: ['deny'] },
    (client, own = token) => client.capabilitiesSelf(own, ['a', 'b']),
  ],
  [
    'GET',
    '/v1/infra/transit/keys/payments',
    undefined,
    { latest_version: 3, min_decryption_version: 1, deletion_allowed: false },
    (client, own = token) => client.key(at, own),
  ],
];

describe.each(calls)('%s %s', (method, path, body, data, ask) => {
  it('is sent with the token in its header alone, and its answer read', async () => {
    const { address, received } = await provider(answer(200, { data, request_id: 'x', lease_duration: 0 }));
    expect(await ask(clientAt(address))).toMatchObject({ ok: true, body: data });
    const [sent] = received;
    expect(sent).toMatchObject({ method, path, headers: { 'x-vault-token': token } });
    expect(sent?.body).toBe(body === undefined ? '' : JSON.stringify(body));
    expect(leaks([sent?.path, sent?.body], [token])).toEqual([]);
  });

  it.each([400, 403, 404, 429, 500, 503])(
    'refused with %i: the status, and no word of the server',
    async (status) => {
      const { address } = await provider(echo(status));
      const result = await ask(clientAt(address));
      expect(result).toMatchObject({ ok: false, error: { code: 'http', status } });
      expect(result).not.toHaveProperty('error.reasons');
      expect(leaks(result, [token])).toEqual([]);
    },
  );

  it('of another shape is no answer', async () => {
    const { address } = await provider(answer(200, { data: [token] }));
    const result = await ask(clientAt(address));
    expect(result).toMatchObject({ ok: false, error: { code: 'not-vault' } });
    expect(leaks(result, [token])).toEqual([]);
  });

  it('is never sent on to where a redirect leads', async () => {
    const elsewhere = await provider(answer(200, { data }));
    const { address } = await provider(redirect(`${elsewhere.address}${path}`));
    expect(await ask(clientAt(address))).toMatchObject({ ok: false, error: { status: 307 } });
    expect(elsewhere.received).toEqual([]);
  });

  it.each([`${token}\n`, '', 'two words', 'tökén'])('is not sent with %j for a token', async (odd) => {
    const { address, received } = await provider(answer(200, { data }));
    const result = await ask(clientAt(address), odd);
    expect(result).toMatchObject({ ok: false, error: { code: 'http' } });
    expect(received).toEqual([]);
  });

  it('is not sent in the clear, nor to who cannot prove its name', async () => {
    expect(await ask(clientAt('http://vault.example.com:8200'))).toMatchObject({
      error: { code: 'tls-untrusted' },
    });
    vi.stubEnv('NODE_TLS_REJECT_UNAUTHORIZED', '0');
    const { address, received } = await provider(answer(200, { data }));
    const { certPem } = await createAuthority('Stranger CA');
    expect(await ask(clientAt(address, certPem))).toMatchObject({ error: { code: 'tls-untrusted' } });
    expect(received).toEqual([]);
  });

  it('is never sent to a link-local address', async () => {
    expect(await ask(clientAt('https://169.254.169.254'))).toMatchObject({
      ok: false,
      error: { code: 'dns' },
    });
  });
});

it('no connection resumes a TLS session: a resumed one skips the check of the name', async () => {
  const { address, connections } = await provider(answer(200, { data: tokenBody }, { connection: 'close' }));
  const client = clientAt(address);
  for (let n = 0; n < 3; n += 1) expect(await client.lookupSelf(token)).toMatchObject({ ok: true });
  expect(connections).toEqual([{ resumed: false }, { resumed: false }, { resumed: false }]);
});
