import { randomBytes } from 'node:crypto';
import { createLocalCustodian } from '../../../shared/escrow/custodians/local.ts';
import { custodianContract } from '../../contract/custodian.ts';
import { startKeyVaults } from '../../fakes/keyvault/server.ts';
import { keyVaultCustodian } from './key-vaults.ts';

custodianContract('Key Vault', async () => {
  const fake = await startKeyVaults(['one', 'two']);
  await Promise.all(['one', 'two'].map((name) => fake.vault(name).rotate('escrow')));
  return {
    custodian: keyVaultCustodian(fake, 'one'),
    other: keyVaultCustodian(fake, 'two'),
    close: () => fake.close(),
  };
});

custodianContract('local', async () => {
  const local = (name: string, passphrase: string) =>
    createLocalCustodian({
      name,
      passphrase: async () => ({ ok: true, value: Buffer.from(passphrase) }),
      random: randomBytes,
    });
  return {
    custodian: local('one', 'a passphrase of one'),
    other: local('two', 'a passphrase of two'),
    close: async () => undefined,
  };
});
