import { createHash, X509Certificate } from 'node:crypto';
import { beforeAll, describe, expect, it } from 'vitest';
import type { TrustBinding } from '../../shared/escrow/generation.ts';
import { bindingOf, differences, fingerprint, type TrustNow } from '../../shared/escrow/trust.ts';
import { createAuthority } from '../fakes/pki.ts';
import { trust } from './build.ts';

let one = '';
let two = '';
beforeAll(async () => {
  one = (await createAuthority('one')).certPem;
  two = (await createAuthority('two')).certPem;
});

const strict = { policy: 'manual', approvals: 2, unknownSealCause: 'approval' } as const;

function now(over: Partial<TrustNow> = {}): TrustNow {
  return {
    addresses: ['https://b.example.com:8200', 'https://a.example.com:8200'],
    pins: [],
    recovery: strict,
    ...over,
  };
}

function binding(over: Partial<TrustNow> = {}): TrustBinding {
  const bound = bindingOf(now(over));
  if (!bound.ok) throw new Error(bound.problem);
  return bound.binding;
}

describe('a binding', () => {
  it('is the same however fleet.yaml orders, repeats and formats it', () => {
    const tidy = binding({ ca: `${one}\n${two}`, pins: ['B', 'A'], serverName: 'vault.example.com' });
    const untidy = binding({
      addresses: ['https://A.example.com:8200/', 'https://b.example.com:8200', 'https://a.example.com:8200'],
      ca: `# our CAs\n${two.replaceAll('\n', '\r\n')}\n${one}\n${two}`,
      pins: ['A', 'B', 'A'],
      serverName: 'VAULT.example.com',
    });
    expect(untidy).toEqual(tidy);
    expect(differences(tidy, untidy)).toEqual([]);
    expect(tidy.ca).toHaveLength(2);
    expect(tidy.ca).toContain(new X509Certificate(one).raw.toString('base64'));
  });

  it("holds no CA for the system's roots", () => {
    expect(binding()).toEqual({
      addresses: ['https://a.example.com:8200', 'https://b.example.com:8200'],
      ca: [],
      pins: [],
      recovery: strict,
    });
  });

  it.each([
    ['empty', () => ''],
    ['no PEM', () => 'vault-ca'],
    ['cut', () => one.slice(0, one.length - 30)],
    ['not a certificate', () => '-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----'],
    ['one whole and one cut', () => `${one}\n${two.slice(0, 100)}`],
  ])("is refused where the CA is %s: it must not become the system's roots", (_what, ca) => {
    expect(bindingOf(now({ ca: ca() }))).toEqual({
      ok: false,
      problem: expect.stringContaining('tls.ca of fleet.yaml is not PEM certificates') as string,
    });
  });
});

describe('a fleet.yaml that differs', () => {
  it('is told by what was added and removed', () => {
    const changed = differences(
      binding(),
      binding({ addresses: ['https://a.example.com:8200', 'https://c.example.com:8200'] }),
    );
    expect(changed).toEqual([
      'address added: https://c.example.com:8200',
      'address removed: https://b.example.com:8200',
    ]);
  });

  it('is told by its scheme and port', () => {
    const to = (address: string) =>
      differences(binding({ addresses: ['https://a:8200'] }), binding({ addresses: [address] }));
    expect(to('http://a:8200')).toEqual(['address added: http://a:8200', 'address removed: https://a:8200']);
    expect(to('https://a:8201')).toHaveLength(2);
  });

  it('is told by the fingerprints of its CAs', () => {
    const print = (pem: string) => `SHA-256 ${new X509Certificate(pem).fingerprint256}`;
    expect(differences(binding({ ca: one }), binding({ ca: two }))).toEqual([
      `CA added: ${print(two)}`,
      `CA removed: ${print(one)}`,
    ]);
    expect(differences(binding({ ca: one }), binding())).toEqual([
      "tls.ca was taken away: the system's roots would be trusted",
      `CA removed: ${print(one)}`,
    ]);
    expect(differences(binding(), binding({ ca: one }))).toHaveLength(2);
  });

  it('is told by its server name and its pins', () => {
    expect(differences(binding(), binding({ serverName: 'x' }))).toEqual([
      'tls.serverName changed from not set to x',
    ]);
    expect(differences(binding({ serverName: 'x' }), binding())).toEqual([
      'tls.serverName changed from x to not set',
    ]);
    expect(differences(binding({ pins: ['A'] }), binding({ pins: ['A', 'B'] }))).toEqual(['pin added: B']);
    expect(differences(binding({ pins: ['A'] }), binding())).toEqual([
      'tls.pins were taken away: any key of the CA would be trusted',
      'pin removed: A',
    ]);
  });

  it('is told when recovery became looser, not when it became stricter', () => {
    const loose = { policy: 'automatic', approvals: 1, unknownSealCause: 'automatic' } as const;
    expect(differences(binding(), binding({ recovery: loose }))).toEqual([
      'recovery.policy was loosened from manual to automatic',
      'recovery.approvals was loosened from 2 to 1',
      'unknownSealCause was loosened from approval to automatic',
    ]);
    expect(differences(binding({ recovery: loose }), binding())).toEqual([]);
  });

  it('counts as looser than a binding that says nothing of recovery', () => {
    const silent = { ...trust };
    delete silent.recovery;
    expect(differences(silent, trust)).toEqual([]);
    expect(differences(silent, { ...trust, recovery: { ...strict, approvals: 1 } })).toHaveLength(1);
  });
});

it('shows a fingerprint as openssl does', () => {
  const hash = createHash('sha256').update('x').digest('hex').toUpperCase();
  expect(fingerprint(Buffer.from('x').toString('base64'))).toBe(hash.match(/../g)?.join(':'));
});
