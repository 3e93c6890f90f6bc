import dns from 'node:dns';
import { getCACertificates, setDefaultCACertificates } from 'node:tls';
import { afterEach, describe, expect, it, vi } from 'vitest';
import { systemClock } from '../../shared/compose/clock.ts';
import { createCredential, createResolve } from '../../shared/compose/secrets.ts';
import { composeWatch } from '../../shared/compose.ts';
import { Redactor } from '../../shared/log/redactor.ts';
import { message } from '../alert/build.ts';
import { answer } from '../fakes/hostile/behaviours.ts';
import { type Endpoint, startEndpoint } from '../fakes/hostile/endpoint.ts';
import { startKeyVault, vaultHost } from '../fakes/key-vault.ts';
import { createAuthority } from '../fakes/pki.ts';
import { memoryState } from '../fakes/state/memory.ts';
import { file, fleetOf, limits } from '../fleet/builders.ts';

const open: { close(): Promise<void> }[] = [];
afterEach(async () => {
  vi.restoreAllMocks();
  vi.unstubAllEnvs();
  await Promise.all(open.splice(0).map((one) => one.close()));
});

function closing(endpoint: Endpoint): Endpoint {
  open.push(endpoint);
  return endpoint;
}

describe('what a reference yields', () => {
  it('is kept out of the log from then on, wherever it turns up', async () => {
    const receiver = closing(await startEndpoint({ behaviour: answer(204, '') }));
    const url = `${receiver.address}/hooks/a-long-and-secret-path`;
    const lines: string[] = [];
    const deps = composeWatch(
      {
        SEALWATCH_STORAGE: 'AccountName=a;AccountKey=c3RvcmFnZS1rZXk=;EndpointSuffix=core.windows.net',
        SEALWATCH_ENDPOINT_HOSTS: new URL(receiver.address).host,
        SEALWATCH_SECRET_PAGER: url,
      },
      { state: memoryState(), write: (line) => lines.push(line) },
    );
    const fleet = fleetOf(file([], ['channels: {pager: {kind: slack, url: "env:SEALWATCH_SECRET_PAGER"}}']));
    const delivery = await deps.sender('pager', fleet)?.deliver(message(), new AbortController().signal);
    expect(delivery).toEqual({ delivered: true });
    deps.log.error('failed', { error: new Error(`no answer from ${url}, asked with c3RvcmFnZS1rZXk=`) });
    expect(lines).toHaveLength(1);
    expect(lines[0]).toContain('no answer from [redacted], asked with [redacted]');
    expect(lines[0]).not.toMatch(/a-long-and-secret-path|c3RvcmFnZS1rZXk/);
  });
});

describe('a secret in Key Vault', () => {
  const version = 'f'.repeat(32);

  /** A resolver for the fake, which the SDK reaches by name over verified TLS, as it does the real one. */
  async function keyVault() {
    const authority = await createAuthority('key vault CA');
    const certificate = await authority.issue({ names: [vaultHost] });
    const fake = closing(
      await startKeyVault(certificate, 'the-token', {
        '/secrets/hook/': 'newest value',
        [`/secrets/hook/${version}`]: 'older value',
      }),
    );
    const roots = getCACertificates('default');
    setDefaultCACertificates([...roots, authority.certPem]);
    open.push({ close: async () => setDefaultCACertificates(roots) });
    vi.spyOn(dns, 'lookup').mockImplementation(((_name: string, _options: unknown, found: Found) =>
      found(null, [{ address: '127.0.0.1', family: 4 }])) as typeof dns.lookup);
    const origin = `https://${vaultHost}:${fake.port}`;
    const credential = async () => ({
      getToken: async () => ({ token: 'the-token', expiresOnTimestamp: Date.now() + 3_600_000 }),
    });
    const own = limits({ keyVaults: [origin] });
    return { origin, resolve: createResolve({}, own, systemClock, new Redactor(), credential) };
  }
  type Found = (error: null, addresses: dns.LookupAddress[]) => void;

  it('is its value, of the newest version or of the one that is named', async () => {
    const { origin, resolve } = await keyVault();
    expect(await resolve(`keyvault:${origin}/secrets/hook`)).toEqual({ ok: true, value: 'newest value' });
    expect(await resolve(`keyvault:${origin}/secrets/hook/${version}`)).toEqual({
      ok: true,
      value: 'older value',
    });
  });

  it('that is not there is missing', async () => {
    const { origin, resolve } = await keyVault();
    expect(await resolve(`keyvault:${origin}/secrets/other`)).toMatchObject({ ok: false, code: 'missing' });
  });
});

describe('the Azure identity', () => {
  it('is the app’s own, or the one that is named', async () => {
    const token = { access_token: 'a-token', expires_on: '4102444800', token_type: 'Bearer' };
    const identity = closing(await startEndpoint({ behaviour: answer(200, token) }));
    vi.stubEnv('IDENTITY_ENDPOINT', `${identity.address}/token`);
    vi.stubEnv('IDENTITY_HEADER', 'header');
    const credential = createCredential();
    const scope = 'https://vault.azure.net/.default';
    await (await credential('11111111-2222-3333-4444-555555555555')).getToken(scope);
    await (await credential()).getToken(scope);
    const clients = identity.received.map(({ path }) =>
      new URL(path, identity.address).searchParams.get('client_id'),
    );
    expect(clients).toEqual(['11111111-2222-3333-4444-555555555555', null]);
  });
});
