/** The sink of Key Vault secrets behind the real SDK, against the fake. */
import { secretCalls } from '../../../shared/compose/secret-calls.ts';
import type { Credential } from '../../../shared/compose/state.ts';
import type { Slot } from '../../../shared/rotation/rotation.ts';
import { createKeyVaultSecretSink } from '../../../shared/rotation/sinks/key-vault-secret.ts';
import type { StoreSinkUnderTest } from '../../contract/sink.ts';
import type { SecretVersion } from '../../fakes/keyvault/secrets.ts';
import { type FakeKeyVaults, startKeyVaults } from '../../fakes/keyvault/server.ts';
import type { FakeVault } from '../../fakes/keyvault/vault.ts';

export interface KeyVaultUnderTest extends StoreSinkUnderTest {
  sink: () => ReturnType<typeof createKeyVaultSecretSink>;
  fake: FakeKeyVaults;
  vault: FakeVault;
  newest: (slot: Slot) => SecretVersion | undefined;
}

const names: Record<Slot, string> = {
  live: 'payments-seal',
  next: 'payments-seal-next',
  previous: 'payments-seal-previous',
};

export const keyVaultTroubles = [
  '403',
  '403 of set alone',
  '429',
  '500',
  '503 of set alone',
  'a hang',
  'a cut connection',
  'no token',
  'a proxy that echoes',
];

export async function keyVaultUnderTest(): Promise<KeyVaultUnderTest> {
  const fake = await startKeyVaults(['kv-seals']);
  const vault = fake.vault('kv-seals');
  const world = { patient: true, signedIn: true };
  const credential = (async () => {
    if (world.signedIn) return fake.credential;
    throw Object.assign(new Error('no identity here'), { name: 'CredentialUnavailableError' });
  }) as unknown as Credential;
  const clock = {
    after(_ms: number, late: () => void) {
      if (world.patient) return () => undefined;
      const timer = setTimeout(late, 20);
      return () => clearTimeout(timer);
    },
  };
  const sink = () =>
    createKeyVaultSecretSink({
      name: 'nodes',
      vault: fake.origin('kv-seals'),
      secret: 'payments-seal',
      calls: secretCalls({
        vault: fake.origin('kv-seals'),
        credential,
        clock,
        options: { agent: fake.agent },
      }),
    });
  const newest = (slot: Slot) => vault.secrets.versions(names[slot]).at(-1);
  return {
    fake,
    vault,
    newest,
    sink,
    async found(slot) {
      const version = newest(slot);
      return version?.enabled ? version.value : undefined;
    },
    troubles: [
      ['403', async () => vault.fail('any', { status: 403, innerError: 'ForbiddenByRbac' }), 'denied'],
      ['403 of set alone', async () => vault.fail('setSecret', { status: 403 }), 'denied'],
      ['429', async () => vault.fail('any', { status: 429, retryAfter: '1' }), 'throttled'],
      ['500', async () => vault.fail('any', { status: 500 }), 'unreachable'],
      ['503 of set alone', async () => vault.fail('setSecret', { status: 503 }), 'unreachable'],
      [
        'a hang',
        async () => {
          vault.fail('any', 'hang');
          world.patient = false;
        },
        'unreachable',
      ],
      ['a cut connection', async () => vault.fail('any', 'reset'), 'unreachable'],
      ['a proxy that echoes', async () => vault.fail('setSecret', 'echo'), 'odd'],
      [
        'no token',
        async () => {
          world.signedIn = false;
        },
        'denied',
      ],
    ],
    async killedWrite(slot, value) {
      vault.fail('setSecret', 'reset');
      await sink().write(slot, value, { rotation: 'payments.0', cluster: 'payments', kind: 'transit-token' });
    },
    async heal() {
      vault.heal();
      Object.assign(world, { patient: true, signedIn: true });
    },
    close: () => fake.close(),
  };
}
