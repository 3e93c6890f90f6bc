/** The exercise of an azurekeyvault seal: the real SDKs of Entra and Key Vault against fakes of both. */
import * as identity from '@azure/identity';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { logIn } from '../../shared/readiness/exercise/entra-login.ts';
import { appCertificate } from '../fakes/entra/app-certificate.ts';
import { leaks } from '../fakes/hostile/disguises.ts';
import { AzureSealUnderTest, sealOf } from './azure-seal-under-test.ts';

const day = 86_400_000;
let under: AzureSealUnderTest;
beforeEach(async () => {
  under = await AzureSealUnderTest.start();
});
afterEach(() => under.close());

const secretOf = () => under.secrets['env:SEALWATCH_SECRET_SEAL'] ?? '';

describe('an azurekeyvault seal that works', () => {
  it('is ready: its own secret got a token, and its key opened what it had closed', async () => {
    const { standing, evidence, unjudged } = await under.judged();
    expect(standing).toEqual({ state: 'ready' });
    expect(evidence[0]).toMatch(
      /^Key unseal of https:\/\/kv-unseal\.vault\.azure\.net: what was wrapped came back/,
    );
    expect(under.vault.calls).toMatchObject({ getKey: 1, wrapKey: 1, unwrapKey: 1, list: 1 });
    expect(Object.keys(unjudged)).toEqual(['seal-secret-expiring', 'seal-token-too-wide']);
  });

  it('uses the version that is the newest now, by its versioned id', async () => {
    const second = await under.vault.rotate('unseal');
    const { works, versions } = await under.exercise();
    expect(works).toEqual({ ok: true, value: { version: second.split('/').at(-1) } });
    expect(versions.ok && versions.value).toHaveLength(2);
    const used = under.vaults.received.filter(({ method }) => method === 'POST').map(({ path }) => path);
    expect(used.every((path) => path.includes(second.split('/').at(-1) ?? 'no version'))).toBe(true);
  });

  it('asks Entra anew each time: a secret that is removed shows at the next exercise', async () => {
    expect((await under.judged()).standing.state).toBe('ready');
    under.entra.removeSecret(secretOf());
    expect(await under.judged()).toMatchObject({
      standing: { state: 'not-ready', why: expect.stringContaining('AADSTS7000215') },
      problems: [{ code: 'seal-not-ready' }],
    });
  });

  it('signs in with a certificate, and knows when that ends', async () => {
    const notBefore = new Date(Date.now() - 340 * day);
    const { certPem, keyPem } = await appCertificate({
      notBefore,
      notAfter: new Date(Date.now() + 20 * day),
    });
    under.entra.addCertificate(certPem);
    under.secrets['env:SEALWATCH_SECRET_PEM'] = `${keyPem}\n${certPem}`;
    const seal = sealOf(`${under.ids}, clientCertificate: "env:SEALWATCH_SECRET_PEM"`);
    const judged = await under.judged(seal);
    expect(judged.standing).toMatchObject({ state: 'at-risk', why: expect.stringContaining('expires in') });
    expect(judged.problems).toContainEqual(
      expect.objectContaining({ code: 'seal-secret-expiring', severity: 'warning' }),
    );
    under.entra.removeCertificates();
    expect((await under.exercise(seal)).works).toMatchObject({
      code: 'secret-invalid',
      detail: expect.stringContaining('AADSTS700027'),
    });
  });
});

describe('a managed identity, which cannot be borrowed', () => {
  const managed = () => sealOf('vault: kv-unseal, key: unseal, identity: managed');

  it("is told from the key's state with Sealwatch's own identity: nothing is wrapped, Entra sees no secret", async () => {
    const { standing, indirect, evidence } = await under.judged(managed());
    expect({ standing, indirect }).toEqual({ standing: { state: 'ready' }, indirect: true });
    expect(evidence[0]).toContain('cannot be tried from here');
    expect(under.vault.calls).toMatchObject({ getKey: 1, wrapKey: 0, unwrapKey: 0 });
    expect(under.entra.received).toEqual([]);
  });

  it('is not ready when its key is disabled or gone', async () => {
    under.vault.set(under.firstKey, { enabled: false });
    expect((await under.judged(managed())).standing.state).toBe('not-ready');
    under.vault.delete('unseal');
    expect((await under.judged(managed())).standing.state).toBe('not-ready');
  });

  it.each([{ status: 403 }, { status: 429 }, { status: 500 }])(
    'is unknown when Sealwatch itself is refused: $status',
    async (fault) => {
      under.vault.fail('getKey', fault);
      const { standing, indirect } = await under.judged(managed());
      expect({ state: standing.state, indirect }).toEqual({ state: 'unknown', indirect: true });
    },
  );
});

describe('what cannot be tried is said', () => {
  it.each([
    ['key: unseal', 'seal.vault and seal.key'],
    ['vault: kv-unseal, key: unseal', 'seal.clientSecret or seal.clientCertificate'],
  ])('seal: {%s} names %s', async (lines, field) => {
    expect(await under.access(sealOf(lines))).toMatchObject({
      ok: false,
      why: expect.stringContaining(field),
    });
  });

  it('a vault that SEALWATCH_SEAL_VAULTS does not list is never called, and no secret is read for it', async () => {
    const access = await under.access(under.withSecret, ['https://another.vault.azure.net']);
    expect(access).toMatchObject({ ok: false, why: expect.stringContaining('SEALWATCH_SEAL_VAULTS') });
    expect([under.entra.received, under.vaults.received]).toEqual([[], []]);
  });

  it('a reference that yields nothing is named', async () => {
    under.secrets['env:SEALWATCH_SECRET_SEAL'] = '';
    delete under.secrets['env:SEALWATCH_SECRET_SEAL'];
    expect(await under.access()).toMatchObject({
      ok: false,
      why: expect.stringContaining('the variable is not set'),
    });
  });
});

describe('the client secret', () => {
  it('is sent to Entra and nowhere else, and is in nothing that is said, whoever repeats it', async () => {
    const secret = secretOf();
    const told: unknown[] = [await under.judged()];
    for (const spoil of [
      () => under.entra.expireSecret(secret),
      () => under.entra.removeSecret(secret),
      () => under.entra.refuse(50_034),
      () => under.entra.fail({ status: 400, body: `{"error":"x","error_description":"${secret}"}` }),
      () => under.entra.fail({ status: 500, body: secret }),
      () => under.entra.fail({ status: 200, body: secret }),
    ]) {
      spoil();
      told.push(await under.exercise(), await under.judged());
    }
    expect(leaks(told, [secret])).toEqual([]);
    expect(JSON.stringify(told)).not.toContain('own sentence');
    expect(leaks(under.vaults.received, [secret])).toEqual([]);
    expect(under.entra.received.some(({ body }) => leaks(body, [secret]).length > 0)).toBe(true);
    expect(
      leaks(
        under.entra.received.map(({ path, headers }) => ({ path, headers })),
        [secret],
      ),
    ).toEqual([]);
  });

  it('neither is the token of Key Vault in anything that is said', async () => {
    under.vault.fail('wrapKey', { status: 403 });
    expect(leaks([await under.exercise(), await under.judged()], [under.vaults.token])).toEqual([]);
  });

  it('goes to login.microsoftonline.com, whatever AZURE_AUTHORITY_HOST says', async () => {
    const { tenant, clientId, authorityHost } = under.entra;
    const hosts: unknown[] = [];
    class Watched extends identity.ClientSecretCredential {
      constructor(...args: ConstructorParameters<typeof identity.ClientSecretCredential>) {
        super(...args);
        hosts.push(args[3]?.authorityHost);
      }
    }
    const before = process.env['AZURE_AUTHORITY_HOST'];
    process.env['AZURE_AUTHORITY_HOST'] = authorityHost;
    try {
      const sdk = { ...identity, ClientSecretCredential: Watched };
      const credential = { clientSecret: secretOf() };
      // Given up before it is sent.
      await logIn({ sdk, tenant, clientId, credential }, AbortSignal.abort());
      expect(hosts).toEqual(['https://login.microsoftonline.com']);
      expect(under.entra.received).toEqual([]);
    } finally {
      if (before === undefined) delete process.env['AZURE_AUTHORITY_HOST'];
      else process.env['AZURE_AUTHORITY_HOST'] = before;
    }
  });
});
