/** Key Vault custodians behind the real SDK, against the fake. */
import type { TokenCredential } from '@azure/identity';
import * as sdk from '@azure/keyvault-keys';
import { keyVaultCalls } from '../../../shared/compose/key-vault-sdk.ts';
import type { Custodian } from '../../../shared/escrow/custodian.ts';
import { createKeyVaultCustodian } from '../../../shared/escrow/custodians/key-vault.ts';
import type { FakeKeyVaults } from '../../fakes/keyvault/server.ts';

export function keyVaultCustodian(
  fake: FakeKeyVaults,
  vault: string,
  over: { credential?: TokenCredential; now?: () => number } = {},
): Custodian {
  const calls = keyVaultCalls({
    sdk,
    vault: fake.origin(vault),
    credential: over.credential ?? fake.credential,
    options: { agent: fake.agent },
  });
  return createKeyVaultCustodian({
    name: vault,
    key: fake.vault(vault).key('escrow'),
    calls,
    now: over.now ?? (() => Date.now()),
  });
}
