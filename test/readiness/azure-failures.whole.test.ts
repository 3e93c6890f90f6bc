/** What fails of an azurekeyvault seal: closed codes, our words; the real SDKs against fakes of Entra and Key Vault. */
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { AzureFailure } from '../../shared/readiness/exercise/azure-exercise.ts';
import { appCertificate } from '../fakes/entra/app-certificate.ts';
import { createAuthority } from '../fakes/pki.ts';
import { AzureSealUnderTest, sealOf } from './azure-seal-under-test.ts';

const day = 86_400_000;
let under: AzureSealUnderTest;
beforeEach(async () => {
  under = await AzureSealUnderTest.start();
});
afterEach(() => under.close());

const secretOf = () => under.secrets['env:SEALWATCH_SECRET_SEAL'] ?? '';
const codesOf = (problems: { code: string }[]) => problems.map(({ code }) => code);

describe('what fails has a closed code', () => {
  interface Case {
    name: string;
    code: AzureFailure;
    state: 'not-ready' | 'unknown';
    break: () => unknown;
  }
  const cases: Case[] = [
    {
      name: 'secret removed',
      code: 'secret-invalid',
      state: 'not-ready',
      break: () => under.entra.removeSecret(secretOf()),
    },
    {
      name: 'secret expired',
      code: 'secret-expired',
      state: 'not-ready',
      break: () => under.entra.expireSecret(secretOf()),
    },
    {
      name: 'a line break at the end of the secret',
      code: 'secret-invalid',
      state: 'not-ready',
      break: () => Object.assign(under.secrets, { 'env:SEALWATCH_SECRET_SEAL': `${secretOf()}\n` }),
    },
    {
      name: 'another application',
      code: 'app-unknown',
      state: 'not-ready',
      break: () => under.entra.refuse(700_016),
    },
    {
      name: 'another tenant',
      code: 'tenant-unknown',
      state: 'not-ready',
      break: () => under.entra.refuse(90_002),
    },
    {
      name: 'an AADSTS code that nobody knows',
      code: 'login-refused',
      state: 'unknown',
      break: () => under.entra.refuse(50_034),
    },
    {
      name: 'Conditional Access lets nobody in from here',
      code: 'login-refused',
      state: 'unknown',
      break: () => under.entra.refuse(53_003),
    },
    {
      name: 'a transient error of Entra',
      code: 'login-refused',
      state: 'unknown',
      break: () => under.entra.refuse(90_033),
    },
    {
      name: 'an application that is disabled',
      code: 'app-unknown',
      state: 'not-ready',
      break: () => under.entra.refuse(7_000_112),
    },
    {
      name: 'Entra throttles',
      code: 'throttled',
      state: 'not-ready',
      break: () => under.entra.fail({ status: 429 }),
    },
    {
      name: 'Entra fails',
      code: 'unreachable',
      state: 'not-ready',
      break: () => under.entra.fail({ status: 503 }),
    },
    { name: 'Entra cuts', code: 'unreachable', state: 'not-ready', break: () => under.entra.fail('reset') },
    {
      name: 'Entra speaks HTML',
      code: 'odd',
      state: 'unknown',
      break: () => under.entra.fail({ status: 200, body: '<html>' }),
    },
    {
      name: 'key deleted',
      code: 'key-missing',
      state: 'not-ready',
      break: () => under.vault.delete('unseal'),
    },
    {
      name: 'key disabled',
      code: 'key-disabled',
      state: 'not-ready',
      break: () => under.vault.set(under.firstKey, { enabled: false }),
    },
    {
      name: 'get denied',
      code: 'denied',
      state: 'not-ready',
      break: () => under.vault.fail('getKey', { status: 403 }),
    },
    {
      name: 'wrap denied',
      code: 'denied',
      state: 'not-ready',
      break: () => under.vault.fail('wrapKey', { status: 403 }),
    },
    {
      name: 'unwrap denied',
      code: 'denied',
      state: 'not-ready',
      break: () => under.vault.fail('unwrapKey', { status: 403 }),
    },
    {
      name: 'token refused',
      code: 'denied',
      state: 'not-ready',
      break: () => under.vault.fail('any', { status: 401 }),
    },
    {
      name: 'disabled between get and wrap',
      code: 'key-disabled',
      state: 'not-ready',
      break: () => under.vault.fail('wrapKey', { status: 403, innerError: 'KeyDisabled' }),
    },
    {
      name: 'a firewall that lets only nodes in',
      code: 'firewall',
      state: 'unknown',
      break: () => under.vault.fail('any', { status: 403, innerError: 'ForbiddenByFirewall' }),
    },
    {
      name: 'Key Vault throttles',
      code: 'throttled',
      state: 'not-ready',
      break: () => under.vault.fail('wrapKey', { status: 429 }),
    },
    {
      name: 'Key Vault fails',
      code: 'unreachable',
      state: 'not-ready',
      break: () => under.vault.fail('any', { status: 500 }),
    },
    {
      name: 'Key Vault cuts',
      code: 'unreachable',
      state: 'not-ready',
      break: () => under.vault.fail('any', 'reset'),
    },
    {
      name: 'a strange status',
      code: 'odd',
      state: 'unknown',
      break: () => under.vault.fail('any', { status: 418 }),
    },
    {
      name: 'unwrap gives nonsense',
      code: 'not-unwrapped',
      state: 'not-ready',
      break: () => under.vault.fail('unwrapKey', { status: 400 }),
    },
  ];

  it.each(cases)('$name: $code, and $state', async ({ code, state, break: apart }) => {
    apart();
    expect((await under.exercise()).works).toMatchObject({ ok: false, code });
    const { standing, problems } = await under.judged();
    expect(standing.state).toBe(state);
    expect(codesOf(problems)).toContain(state === 'unknown' ? 'readiness-unknown' : 'seal-not-ready');
  });

  it.each(['getKey', 'wrapKey', 'unwrapKey'] as const)(
    'a 403 of %s names the right that is missing',
    async (operation) => {
      under.vault.fail(operation, { status: 403 });
      const { works } = await under.exercise();
      expect(works.ok ? '' : works.detail).toContain(
        `the right ${operation === 'getKey' ? 'get' : operation} on keys is missing`,
      );
    },
  );

  it.each(['entra', 'key vault'])('an answer of %s that never comes ends in time', async (who) => {
    under.timeoutMs = 200;
    if (who === 'entra') under.entra.fail('hang');
    else under.vault.fail('any', 'hang');
    const { works } = await under.exercise();
    expect(works).toMatchObject({
      ok: false,
      code: 'timeout',
      detail: expect.stringContaining('would wait for ever'),
    });
    expect((await under.judged()).standing.state).toBe('not-ready');
  });

  it('an expired key does not wrap, but unseals: at risk, and told as what it is', async () => {
    under.vault.set(under.firstKey, { expiresOn: new Date('2020-01-01') });
    expect((await under.exercise()).works).toMatchObject({ ok: false, code: 'key-expired' });
    const { standing, problems } = await under.judged();
    expect(standing).toMatchObject({ state: 'at-risk', why: 'the newest version of key unseal has expired' });
    expect(problems).toContainEqual(
      expect.objectContaining({ code: 'seal-key-expiring', severity: 'critical' }),
    );
    expect(codesOf(problems)).not.toContain('seal-not-ready');
    expect(under.vault.calls.wrapKey).toBe(0);
  });

  it('what passes by itself is asked for 10 s, and only then told', async () => {
    under.vault.fail('wrapKey', { status: 429 }, 1);
    expect((await under.judged()).standing.state).toBe('ready');
    expect(under.vault.calls.wrapKey).toBe(2);
    under.vault.heal();
    under.vault.fail('wrapKey', { status: 429 });
    await under.judged();
    expect(under.vault.calls.wrapKey).toBe(5);
  });

  it('a new secret that is not known everywhere yet is refused, and taken later', async () => {
    under.secrets['env:SEALWATCH_SECRET_SEAL'] = under.entra.addSecret(1);
    expect((await under.exercise()).works).toMatchObject({ code: 'secret-invalid' });
    expect((await under.exercise()).works).toMatchObject({ ok: true });
  });

  it('without the right to list, only the other versions are unjudged', async () => {
    under.vault.set(under.firstKey, { recoveryLevel: 'Recoverable' });
    under.vault.fail('list', { status: 403 });
    const { standing, unjudged, problems } = await under.judged();
    expect(standing).toEqual({ state: 'ready' });
    expect(unjudged['seal-key-version-at-risk']).toContain('the right list on keys is missing');
    expect(problems).toEqual([]);
  });

  it('without the right to list, how the key can be deleted is told all the same', async () => {
    under.vault.fail('list', { status: 403 });
    const { problems, evidence } = await under.judged();
    expect(problems).toMatchObject([{ code: 'seal-key-version-at-risk', severity: 'info' }]);
    expect(evidence.at(-1)).toContain('are not seen');
  });

  it('a PEM without a key, with an EC key, or none at all, cannot sign in: nobody is asked', async () => {
    const life = { notBefore: new Date(Date.now() - day), notAfter: new Date(Date.now() + 300 * day) };
    const { certPem } = await appCertificate(life);
    const ec = await (await createAuthority('a CA')).issue({ names: ['seal'] });
    const seal = sealOf(`${under.ids}, clientCertificate: "env:SEALWATCH_SECRET_PEM"`);
    for (const pem of [certPem, `${ec.keyPem}\n${ec.certPem}`, 'no PEM at all']) {
      under.secrets['env:SEALWATCH_SECRET_PEM'] = pem;
      expect((await under.exercise(seal)).works).toMatchObject({ ok: false, code: 'no-credential' });
    }
    expect(under.entra.received.filter(({ method }) => method === 'POST')).toEqual([]);
    expect((await under.judged(seal)).standing.state).toBe('unknown');
  });
});
