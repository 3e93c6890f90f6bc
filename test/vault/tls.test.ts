import { afterEach, beforeAll, describe, expect, it, vi } from 'vitest';
import type { VaultErrorCode } from '../../shared/vault/answer.ts';
import { healthy, healthyBody } from '../fakes/hostile/behaviours.ts';
import { type Endpoint, startEndpoint } from '../fakes/hostile/endpoint.ts';
import {
  createAuthority,
  type IssuedCertificate,
  type IssueRequest,
  type TestAuthority,
} from '../fakes/pki.ts';
import { clientOf, closing } from './clients.ts';

const day = 86_400_000;

let authority: TestAuthority;
let stranger: TestAuthority;

beforeAll(async () => {
  authority = await createAuthority('Test CA');
  stranger = await createAuthority('Stranger CA');
});

afterEach(() => vi.unstubAllEnvs());

async function serving(
  certificate: IssuedCertificate,
  tls?: Parameters<typeof startEndpoint>[0]['tls'],
): Promise<Endpoint> {
  return closing(await startEndpoint({ behaviour: healthy, certificate, ...(tls && { tls }) }));
}

const issue = (over: Partial<IssueRequest> = {}) => authority.issue({ names: ['127.0.0.1'], ...over });

describe('a certificate is refused', () => {
  const cases: [why: string, code: VaultErrorCode, request: Partial<IssueRequest>, words: string][] = [
    [
      'for another name',
      'tls-name',
      { names: ['vault.test'] },
      'certificate is for DNS:vault.test, not for 127.0.0.1',
    ],
    ['that has expired', 'tls-expired', { notAfter: new Date(Date.now() - day) }, 'has expired'],
    ['that is not yet valid', 'tls-expired', { notBefore: new Date(Date.now() + day) }, 'not yet valid'],
  ];

  it.each(cases)('%s', async (_why, code, request, words) => {
    const early = request.notAfter ? { notBefore: new Date(Date.now() - 2 * day) } : {};
    const { address, received } = await serving(await issue({ ...early, ...request }));
    const answer = await clientOf(address, { tls: { ca: authority.certPem } }).health();
    expect(answer).toMatchObject({ ok: false, error: { code, recoverable: false } });
    expect(answer).toHaveProperty('error.message', expect.stringContaining(words));
    expect(received).toEqual([]);
  });

  it.each([
    ['of a CA that is not ours', () => ({ ca: stranger.certPem })],
    ["of a private CA, where only the system's roots count", () => ({})],
  ])('%s', async (_why, tls) => {
    const { address, received } = await serving(await issue());
    const answer = await clientOf(address, { tls: tls() }).health();
    expect(answer).toMatchObject({ ok: false, error: { code: 'tls-untrusted' } });
    expect(received).toEqual([]);
  });

  it('even when the environment says that none is', async () => {
    vi.stubEnv('NODE_TLS_REJECT_UNAUTHORIZED', '0');
    const { address } = await serving(await issue());
    expect(await clientOf(address).health()).toMatchObject({ ok: false, error: { code: 'tls-untrusted' } });
  });

  it('whose key is not pinned, before a token is sent', async () => {
    const [certificate, other] = [await issue(), await issue()];
    const { address, received } = await serving(certificate);
    const client = clientOf(address, { tls: { ca: authority.certPem, pins: [other.spki] } });
    for (const answer of [await client.health(), await client.autopilotState('hvs.token')]) {
      expect(answer).toMatchObject({ ok: false, error: { code: 'tls-untrusted' } });
      expect(answer).toHaveProperty('error.message', expect.stringContaining(certificate.spki));
    }
    expect(received).toEqual([]);
  });

  it('that is pinned but of a CA that is not ours', async () => {
    const certificate = await issue();
    const { address } = await serving(certificate);
    const client = clientOf(address, { tls: { ca: stranger.certPem, pins: [certificate.spki] } });
    expect(await client.health()).toMatchObject({ ok: false, error: { code: 'tls-untrusted' } });
  });
});

describe('a certificate is accepted', () => {
  it('when any one pin matches', async () => {
    const [certificate, next] = [await issue(), await issue()];
    const { address } = await serving(certificate);
    const client = clientOf(address, { tls: { ca: authority.certPem, pins: [next.spki, certificate.spki] } });
    expect(await client.health()).toMatchObject({ ok: true, body: { version: healthyBody.version } });
  });

  it('for the name that tls.serverName says', async () => {
    const { address } = await serving(await issue({ names: ['vault.test'] }));
    const client = clientOf(address, { tls: { ca: authority.certPem, serverName: 'vault.test' } });
    expect(await client.health()).toMatchObject({ ok: true });
  });

  it('and its facts are told', async () => {
    const certificate = await issue({
      notBefore: new Date(Date.UTC(2026, 0, 1)),
      notAfter: new Date(Date.UTC(2036, 0, 1)),
    });
    const { address } = await serving(certificate);
    const client = clientOf(address, { tls: { ca: authority.certPem } });
    expect(client.certificate()).toBeUndefined();
    const before = Date.now();
    await client.health();
    expect(client.certificate()).toEqual({
      notBefore: Date.UTC(2026, 0, 1),
      notAfter: Date.UTC(2036, 0, 1),
      subject: 'CN=127.0.0.1',
      issuer: 'CN=Test CA',
      spki: certificate.spki,
      seenAt: expect.toSatisfy((at: number) => at >= before && at <= Date.now()),
    });
  });
});

describe('a client certificate', () => {
  it('is shown to a server that asks for one', async () => {
    const mine = await authority.issue({ names: ['sealwatch'], clientAuth: true });
    const { address } = await serving(await issue(), { ca: authority.certPem, requestCert: true });
    const tls = { ca: authority.certPem, cert: mine.certPem, key: mine.keyPem };
    expect(await clientOf(address, { tls }).health()).toMatchObject({ ok: true });
  });

  it('that is not PEM gives an error that does not quote it', async () => {
    const { address } = await serving(await issue());
    const answer = await clientOf(address, { tls: { cert: 'MIIcert', key: 'MIIkey' } }).health();
    expect(answer).toMatchObject({ ok: false, error: { code: 'tls-untrusted', recoverable: false } });
    expect(answer).toHaveProperty('error.message', expect.stringContaining('tls.clientKey cannot be read'));
    expect(JSON.stringify(answer)).not.toContain('MII');
  });
});
