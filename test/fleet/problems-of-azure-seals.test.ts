import { describe, expect, it } from 'vitest';
import { file, fleetOf, toldOf } from './builders.ts';

const seal = 'clusters.payments.seal';
const tenant = 'tenant: 8c1f7a52-0d3e-4b7a-9a54-5d2f1c3e7b90';
const clientId = 'clientId: b7e6a1d4-52c9-4f0e-8f3b-2a9c6d0e4f11';
const secret = 'clientSecret: env:SEALWATCH_SECRET_A';
const certificate = 'clientCertificate: file:/etc/sealwatch/seal.pem';
const of = (...fields: string[]) => file([`seal: {type: azurekeyvault, ${fields.join(', ')}}`]);
const all = ['vault: kv-unseal', 'key: unseal', tenant, clientId];

const principal = 'principal: 3a9e5c71-4b2d-4f8a-9c10-7d6e5f4a3b21';
const idOf = (vault: string) =>
  `/subscriptions/6f0d2b1c-8e47-4a39-9d5b-0c1e2f3a4b5c/resourceGroups/rg-vault/providers/Microsoft.KeyVault/vaults/${vault}`;

const withoutPlace = (told: string[]) => told.map((line) => line.replace(/^line \d+, column \d+: /, ''));

describe('a seal of Azure Key Vault', () => {
  it.each([[secret], [certificate]])('takes %s with all that it needs', (credential) => {
    const [cluster] = fleetOf(of(...all, credential)).clusters;
    expect(cluster?.seal).toMatchObject({ type: 'azurekeyvault', vault: 'kv-unseal', key: 'unseal' });
  });

  it('takes a managed identity without anything to sign in with', () => {
    const [cluster] = fleetOf(of('vault: kv-unseal', 'key: unseal', 'identity: managed')).clusters;
    expect(cluster?.seal).toMatchObject({ identity: 'managed' });
  });

  it("takes the vault's id, in the letters that ARM happens to write, and the principal beside it", () => {
    const more = [`vaultId: "${idOf('KV-Unseal')}"`, principal];
    const [cluster] = fleetOf(of('vault: kv-unseal', 'key: unseal', 'identity: managed', ...more)).clusters;
    expect(cluster?.seal).toMatchObject({ vaultId: idOf('KV-Unseal') });
  });

  const cases: Record<string, [text: string, told: string[]]> = {
    'a secret that lacks what it needs': [
      of('vault: kv-unseal', secret, clientId),
      [`${seal}.clientSecret: needs tenant, clientId, vault, key beside it; not there: tenant, key`],
    ],
    'a certificate that lacks what it needs': [
      of(certificate),
      [
        `${seal}.clientCertificate: needs tenant, clientId, vault, key beside it; not there: tenant, clientId, vault, key`,
      ],
    ],
    'an identity without its key': [
      of('identity: managed', 'vault: kv-unseal'),
      [`${seal}.identity: needs vault, key beside it; not there: key; found "managed"`],
    ],
    'the id of another vault': [
      of('vault: kv-unseal', 'key: unseal', `vaultId: "${idOf('kv-other')}"`),
      [
        expect.stringContaining(
          `${seal}.vaultId: must be the id of the vault that unseals: its last part must be kv-unseal`,
        ) as string,
      ],
    ],
    'an id of a vault that is none': [
      of('vault: kv-unseal', 'key: unseal', 'vaultId: "https://kv-unseal.vault.azure.net"'),
      [
        expect.stringContaining(
          `${seal}.vaultId: must be the resource id of a Key Vault: /subscriptions/`,
        ) as string,
      ],
    ],
    'an id that leads elsewhere': [
      of('vault: kv-unseal', 'key: unseal', `vaultId: "${idOf('kv-unseal').replace('rg-vault', '..')}"`),
      [expect.stringContaining(`${seal}.vaultId: must be the resource id of a Key Vault`) as string],
    ],
    'an id without the names of vault and key': [
      of(`vaultId: "${idOf('kv-unseal')}"`),
      [
        expect.stringContaining(
          `${seal}.vaultId: needs vault, key beside it; not there: vault, key`,
        ) as string,
      ],
    ],
    "a principal without the vault's id": [
      of(principal),
      [expect.stringContaining(`${seal}.principal: needs vaultId beside it; not there: vaultId`) as string],
    ],
    'a principal that is no id': [
      of('vault: kv-unseal', 'key: unseal', `vaultId: "${idOf('kv-unseal')}"`, 'principal: nodes'),
      [expect.stringContaining(`${seal}.principal: must be an id`) as string],
    ],
    'a secret and a certificate': [
      of(...all, secret, certificate),
      [
        `${seal}.clientCertificate: must not stand beside clientSecret: a seal signs in with one or the other`,
      ],
    ],
    'an identity and a way to sign in': [
      of(...all, secret, 'identity: managed'),
      ['tenant', 'clientId', 'clientSecret'].map(
        (field) =>
          expect.stringContaining(
            `${seal}.${field}: must not stand beside identity: a managed identity signs in with none of these`,
          ) as string,
      ),
    ],
    'ids that are none': [
      of('vault: kv-unseal', 'key: unseal', 'tenant: contoso.onmicrosoft.com', 'clientId: 12'),
      [
        `${seal}.tenant: must be an id: 8-4-4-4-12 hexadecimal digits in lower case; found "contoso.onmicrosoft.com"`,
        expect.stringContaining(`${seal}.clientId: `) as string,
      ],
    ],
    'a secret that is written there, which is not repeated': [
      of(...all, 'clientSecret: abc8Q~hunter2'),
      [
        expect.stringMatching(
          /^clusters\.payments\.seal\.clientSecret: a client secret must not be written into this file: refer to it by [^~]*$/,
        ) as string,
      ],
    ],
    'another identity than a managed one': [
      of('vault: kv-unseal', 'key: unseal', 'identity: manged'),
      [expect.stringContaining('did you mean managed?') as string],
    ],
  };

  it.each(Object.entries(cases))('is refused: %s', (_, [text, told]) => {
    expect(withoutPlace(toldOf(text))).toEqual(told);
  });
});
