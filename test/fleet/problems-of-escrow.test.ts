import { describe, expect, it } from 'vitest';
import { file, fleetOf, limits, toldOf } from './builders.ts';

const c = 'clusters.payments';
const key = (vault: string) => `https://kv-escrow-${vault}.vault.azure.net/keys/shares`;
const custodians = (...lines: string[]) =>
  file(['escrow:', '  custodians:', ...lines.map((line) => `    ${line}`)]);

/** What is wrong, the file, and what is told. */
const cases: Record<string, [text: string, told: string[]]> = {
  'a Key Vault that is not listed': [
    custodians('a: {key: "https://kv-escrow-z.vault.azure.net/keys/shares", shares: [1]}'),
    [
      `line 7, column 18: ${c}.escrow.custodians.a.key: https://kv-escrow-z.vault.azure.net is not among the vaults that may hold escrow keys (setting SEALWATCH_ESCROW_VAULTS); did you mean https://kv-escrow-a.vault.azure.net?`,
    ],
  ],
  'a Key Vault that only secrets may be read from': [
    custodians('a: {key: "https://kv-sealwatch.vault.azure.net/keys/shares", shares: [1]}'),
    [
      expect.stringContaining(
        'is not among the vaults that may hold escrow keys (setting SEALWATCH_ESCROW_VAULTS)',
      ) as string,
    ],
  ],
  'a key with a version': [
    custodians(`a: {key: "${key('a')}/0123456789abcdef0123456789abcdef", shares: [1]}`),
    [
      `line 7, column 18: ${c}.escrow.custodians.a.key: must not name a version: new shares are wrapped with the newest one, and each envelope notes which it was; did you mean ${key('a')}?`,
    ],
  ],
  'a key in capitals': [
    custodians('a: {key: "https://KV-escrow-a.vault.azure.net/keys/shares", shares: [1]}'),
    [
      `line 7, column 18: ${c}.escrow.custodians.a.key: must be written in its plain form: lower case, without a default port; did you mean ${key('a')}?`,
    ],
  ],
  'a secret where a key is wanted': [
    custodians('a: {key: "https://kv-escrow-a.vault.azure.net/secrets/shares", shares: [1]}'),
    [
      `line 7, column 18: ${c}.escrow.custodians.a.key: must be the address of a key: https://VAULT.vault.azure.net/keys/NAME`,
    ],
  ],
  'neither a key nor a passphrase': [
    custodians('a: {shares: [1]}'),
    [
      `line 7, column 9: ${c}.escrow.custodians.a: must have a key (https://VAULT.vault.azure.net/keys/NAME) or a passphrase`,
    ],
  ],
  'a key and a passphrase': [
    custodians(`a: {key: "${key('a')}", passphrase: env:SEALWATCH_SECRET_P, shares: [1]}`),
    [
      `line 7, column 81: ${c}.escrow.custodians.a.passphrase: must not stand beside key: one custodian has one or the other`,
    ],
  ],
  'a passphrase outside the limits': [
    custodians('a: {passphrase: env:HOME, shares: [1]}'),
    [
      `line 7, column 25: ${c}.escrow.custodians.a.passphrase: the variable's name must begin with SEALWATCH_SECRET_ (setting SEALWATCH_ENV_PREFIX)`,
    ],
  ],
  'a custodian without shares, and a share that is named twice': [
    custodians(`a: {key: "${key('a')}", shares: []}`, `b: {key: "${key('b')}", shares: [1, 1, 0]}`),
    [
      `line 7, column 77: ${c}.escrow.custodians.a.shares: must name a share; custodians without one hold nothing`,
      `line 8, column 84: ${c}.escrow.custodians.b.shares[2]: must be a whole number from 1 to 255; found 0`,
    ],
  ],
  'shares that nobody would hold': [
    custodians(`a: {key: "${key('a')}", shares: [1, 2]}`, `b: {key: "${key('b')}", shares: [5, 1, 1]}`),
    [
      `line 8, column 78: ${c}.escrow.custodians.b.shares[0]: nobody would hold shares 3, 4: custodians together hold every share from 1 on; found 5`,
      `line 8, column 84: ${c}.escrow.custodians.b.shares[2]: this share is named already; found 1`,
    ],
  ],
  'a name that is none, and a misspelt key': [
    custodians(`A_1: {kye: "${key('a')}", shares: [1], ownr: ops}`),
    [
      `line 7, column 9: ${c}.escrow.custodians.A_1: not a name for a custodian: a name has 1 to 63 lower-case letters, digits and dashes, begins with a letter, and is not true, false or null`,
      `line 7, column 15: ${c}.escrow.custodians.A_1.kye: unknown key; did you mean key?`,
      `line 7, column 84: ${c}.escrow.custodians.A_1.ownr: unknown key; did you mean owner?`,
    ],
  ],
  'automatic recovery without custodians': [
    file(['recovery: {policy: automatic}']),
    [
      `line 5, column 24: ${c}.recovery.policy: must be manual, or escrow must name custodians: without shares nothing can be unsealed; found "automatic"`,
    ],
  ],
  'automatic recovery of a cluster that unseals itself': [
    file(['recovery: {policy: automatic}', 'seal: {type: azurekeyvault}']),
    [
      `line 5, column 24: ${c}.recovery.policy: must be manual: shares cannot unseal a cluster whose seal is azurekeyvault; it unseals itself once its seal provider answers; found "automatic"`,
    ],
  ],
  'every field of recovery at once': [
    file([
      'recovery: {policy: automtic, approvals: 3, attempts: 0, attemptWindow: 1s, nodeUnseals: many, foreignProgress: {after: 1s, then: rest}}',
    ]),
    [
      `line 5, column 24: ${c}.recovery.policy: must be one of manual, automatic; found "automtic"; did you mean automatic?`,
      `line 5, column 45: ${c}.recovery.approvals: must be one of 1, 2; found 3`,
      `line 5, column 58: ${c}.recovery.attempts: must be a whole number from 1 to 20; found 0`,
      `line 5, column 76: ${c}.recovery.attemptWindow: must be a duration from 1m to 7d, written like 500ms, 30s, 5m, 12h or 30d; found "1s"`,
      `line 5, column 93: ${c}.recovery.nodeUnseals: must be a whole number from 1 to 50; found "many"`,
      `line 5, column 124: ${c}.recovery.foreignProgress.after: must be a duration from 10s to 1d, written like 500ms, 30s, 5m, 12h or 30d; found "1s"`,
      `line 5, column 134: ${c}.recovery.foreignProgress.then: must be one of report, reset; found "rest"; did you mean reset?`,
    ],
  ],
  'escrow and recovery beside other mistakes': [
    file(['recovery: {policy: automatic}', 'seal: {type: other}', 'lables: {}'], ['probe: {concurrency: 0}']),
    [
      expect.stringMatching(/^line 5, .*shares cannot unseal a cluster whose seal is other/) as string,
      expect.stringMatching(/^line 7, .*did you mean labels\?/) as string,
      expect.stringMatching(/^line 8, .*probe\.concurrency/) as string,
    ],
  ],
};

describe('fleet.yaml is refused, with the line and what is allowed, for', () => {
  it.each(Object.entries(cases))('%s', (_, [text, told]) => {
    expect(toldOf(text)).toEqual(told);
  });
});

describe('escrow', () => {
  const escrowOf = (text: string, own = limits()) => fleetOf(text, own).clusters[0]?.escrow;

  it('takes keys of listed vaults, shares in order, and owners', () => {
    const text = custodians(
      `a: {key: "${key('a')}", shares: [3, 1], owner: platform}`,
      'b: {passphrase: env:SEALWATCH_SECRET_P, shares: [2, 1]}',
    );
    expect(escrowOf(text)).toEqual({
      custodians: [
        { name: 'a', kind: 'keyVault', key: key('a'), shares: [1, 3], owner: 'platform' },
        { name: 'b', kind: 'local', passphrase: 'env:SEALWATCH_SECRET_P', shares: [1, 2] },
      ],
    });
  });

  it('cannot be widened by fleet.yaml: no vault is allowed that the deployment does not list', () => {
    const text = custodians(`a: {key: "${key('a')}", shares: [1]}`);
    expect(escrowOf(text)?.custodians).toHaveLength(1);
    expect(toldOf(text, limits({ escrowVaults: [] }))).toHaveLength(1);
    // The list of vaults that secrets may be read from is another one.
    const elsewhere = limits({ escrowVaults: [], keyVaults: ['https://kv-escrow-a.vault.azure.net'] });
    expect(toldOf(text, elsewhere)).toHaveLength(1);
  });

  it('of a cluster with automatic recovery is enough when it names one custodian', () => {
    const text = file([
      'recovery: {policy: automatic}',
      `escrow: {custodians: {a: {key: "${key('a')}", shares: [1]}}}`,
    ]);
    expect(fleetOf(text).clusters[0]?.recovery.policy).toBe('automatic');
  });
});
