/** What must be in fleet.yaml and in the settings before a credential of an azurekeyvault seal can be rotated. */
import { randomBytes } from 'node:crypto';
import { describe, expect, it } from 'vitest';
import { type AzureKindOptions, entraSecretKind, keyvaultKeyKind } from '../../shared/compose/azure-kinds.ts';
import type {
  AzureKeyVaultSeal,
  Cluster,
  RotationPolicy,
  SecretReference,
} from '../../shared/fleet/fleet.ts';
import { ManualClock } from '../fakes/clock.ts';
import { file, fleetOf, limits } from '../fleet/builders.ts';

const day = 86_400_000;
const own: AzureKeyVaultSeal = {
  type: 'azurekeyvault',
  vault: 'KV-unseal',
  key: 'unseal',
  tenant: '8f1b0a52-0000-4000-8000-00000000000a',
  clientId: '8f1b0a52-0000-4000-8000-00000000000b',
  clientSecret: 'env:SEALWATCH_SECRET_SEAL' as SecretReference,
};
const policy: RotationPolicy = {
  secret: { application: '8f1b0a52-0000-4000-8000-00000000000c', lifeMs: 180 * day },
  vaultKey: { everyMs: 90 * day, by: 'sealwatch' },
  sinks: [],
  stepDown: false,
  graceMs: day,
  overdueMs: day,
};
const options = (sealVaults: string[]): AzureKindOptions => ({
  limits: limits({ sealVaults }),
  resolve: async () => expect.unreachable('nothing is resolved before it is needed'),
  credential: async () => expect.unreachable('nobody signs in before it is needed'),
  clock: new ManualClock(),
  random: randomBytes,
});
const allowed = options(['https://kv-unseal.vault.azure.net']);

function clusterOf(seal: Cluster['seal'] = own, rotation: RotationPolicy | undefined = policy): Cluster {
  const [cluster] = fleetOf(file()).clusters;
  if (!cluster) throw new Error('no cluster');
  return { ...cluster, seal, ...(rotation && { rotation }) };
}
const without = (...fields: (keyof AzureKeyVaultSeal)[]): AzureKeyVaultSeal => {
  const left = Object.entries(own).filter(([field]) => !fields.includes(field as keyof AzureKeyVaultSeal));
  return Object.fromEntries(left) as unknown as AzureKeyVaultSeal;
};
const { secret: _secret, vaultKey: _vaultKey, ...neither } = policy;

describe('both kinds of an azurekeyvault seal', () => {
  it('are built from fleet.yaml, without asking anybody', () => {
    expect(entraSecretKind(clusterOf(), allowed)).toMatchObject({ ok: true, kind: { name: 'entra-secret' } });
    expect(keyvaultKeyKind(clusterOf(), allowed)).toMatchObject({ ok: true, kind: { name: 'keyvault-key' } });
  });

  it.each([
    ['another seal', clusterOf({ type: 'shamir' }), /payments has no azurekeyvault seal/],
    ['no key named', clusterOf(without('key')), /seal\.vault and seal\.key/],
  ])('are refused for %s', (_what, cluster, why) => {
    for (const build of [entraSecretKind, keyvaultKeyKind])
      expect(build(cluster, allowed)).toEqual({ ok: false, why: expect.stringMatching(why) });
  });

  it('are refused for a vault that no setting allows', () => {
    for (const build of [entraSecretKind, keyvaultKeyKind]) {
      expect(build(clusterOf(), options(['https://another.vault.azure.net']))).toEqual({
        ok: false,
        why: expect.stringContaining('SEALWATCH_SEAL_VAULTS'),
      });
    }
  });
});

describe('the client secret', () => {
  it.each([
    ['a managed identity', clusterOf({ ...without('clientSecret'), identity: 'managed' }), /no secret/],
    ['no reference to it', clusterOf(without('clientSecret')), /seal\.clientSecret/],
    ['no tenant', clusterOf(without('tenant')), /seal\.tenant/],
    ['no client id', clusterOf(without('clientId')), /seal\.clientId/],
    [
      'an object id that is none',
      clusterOf(own, { ...policy, secret: { application: '../users', lifeMs: day } }),
      /rotation\.secret\.application/,
    ],
  ])('is not rotated: %s', (_what, cluster, why) => {
    expect(entraSecretKind(cluster, allowed)).toEqual({ ok: false, why: expect.stringMatching(why) });
  });
});

describe('where nothing asks for it (any more)', () => {
  it.each([
    ['rotation.secret', entraSecretKind],
    ['rotation.vaultKey', keyvaultKeyKind],
  ])('%s: the kind is there for what is open, and makes nothing', async (field, build) => {
    const built = build(clusterOf(own, neither), allowed);
    expect(built.ok && (await built.kind.create('payments.x'))).toMatchObject({
      code: 'not-configured',
      detail: expect.stringContaining(field) as string,
      nothingMade: true,
    });
  });
});

describe('the key', () => {
  it('is rotated also where the nodes sign in with a managed identity', () => {
    const seal: AzureKeyVaultSeal = { ...without('clientSecret', 'tenant', 'clientId'), identity: 'managed' };
    expect(keyvaultKeyKind(clusterOf(seal), allowed).ok).toBe(true);
  });
});
