/** What an azurekeyvault seal is exercised with: its own credential, at Entra and at its own vault only. */
import type { AccessToken, TokenCredential } from '@azure/identity';
import { type KeyVaultConnection, keyVaultCalls } from '../escrow/custodians/key-vault-sdk.ts';
import type { AzureKeyVaultSeal } from '../fleet/fleet.ts';
import type { Limits } from '../fleet/limits.ts';
import type { AzureFailed, CredentialLife } from '../readiness/exercise/azure-exercise.ts';
import type { AzurePorts, SealKeyCalls } from '../readiness/exercise/azure-key-vault.ts';
import {
  type EntraLogin,
  type EntraReplaced,
  keyVaultScope,
  lifeOfCertificate,
  logIn,
} from '../readiness/exercise/entra-login.ts';
import { keyFacts } from '../readiness/exercise/key-vault-facts.ts';
import type { Tried } from '../readiness/readiness.ts';
import type { AzureSealAccess } from '../work/rotate/deps.ts';
import type { Resolve } from './secrets.ts';
import type { Credential } from './state.ts';

/** What stands in for Azure, in tests; of production only what a private network needs. */
export interface AzureReplaced {
  entra?: EntraReplaced;
  keyVault?: KeyVaultConnection['options'];
}

export interface AzureSealOptions {
  limits: Limits;
  resolve: Resolve;
  /** Sealwatch's own identity: looks at keys that unseal by a managed one. */
  credential: Credential;
  replaced?: AzureReplaced;
}

type Ports = Pick<AzurePorts, 'vault' | 'key' | 'indirect' | 'login' | 'life'>;

export async function azureSealAccess(
  seal: AzureKeyVaultSeal,
  options: AzureSealOptions,
): Promise<AzureSealAccess> {
  const { vault: name, key } = seal;
  if (name === undefined || key === undefined)
    return refuse('seal.vault and seal.key are not both in fleet.yaml: name the key that unseals it');
  const vault = `https://${name.toLowerCase()}.vault.azure.net`;
  if (!options.limits.sealVaults?.includes(vault))
    return refuse(`${vault} is not among the vaults whose keys may be tried (setting SEALWATCH_SEAL_VAULTS)`);
  if (seal.identity === 'managed') return { ok: true, ports: asOurselves(vault, key, options) };
  const { tenant, clientId, clientSecret, clientCertificate } = seal;
  const reference = clientSecret ?? clientCertificate;
  if (tenant === undefined || clientId === undefined || reference === undefined)
    return refuse(
      'seal.clientSecret or seal.clientCertificate is not in fleet.yaml: refer to what the nodes sign in with, or say identity: managed',
    );
  const resolved = await options.resolve(reference, { exact: true, fresh: true });
  const field = clientSecret === undefined ? 'seal.clientCertificate' : 'seal.clientSecret';
  if (!resolved.ok) return refuse(`the seal's credential cannot be read: ${field}: ${resolved.message}`);
  // Not trimmed: the nodes send it as it is, and Entra refuses a line break (VAULT-FACTS).
  const credential =
    clientSecret === undefined ? { clientCertificate: resolved.value } : { clientSecret: resolved.value };
  return { ok: true, ports: asTheNodes(vault, key, { tenant, clientId, credential }, options) };
}

function refuse(why: string): AzureSealAccess {
  return { ok: false, why };
}

/** Only Microsoft Graph knows the end of a client secret, and Sealwatch has no right there. */
const unseen: AzureFailed = {
  ok: false,
  code: 'no-credential',
  detail: 'the end date of a client secret is not seen: only Microsoft Graph knows it',
};

function asTheNodes(
  vault: string,
  key: string,
  login: Pick<EntraLogin, 'tenant' | 'clientId' | 'credential'>,
  { replaced }: AzureSealOptions,
): Ports {
  const { credential } = login;
  const life: Tried<CredentialLife, AzureFailed['code']> =
    'clientCertificate' in credential ? lifeOfCertificate(credential.clientCertificate) : unseen;
  const cannotSign = 'clientCertificate' in credential && !life.ok ? life : undefined;
  return {
    vault,
    key,
    indirect: false,
    life,
    async login(signal) {
      if (cannotSign) return cannotSign;
      const sdk = await import('@azure/identity');
      const token = await logIn(
        { ...login, sdk, ...(replaced?.entra && { replaced: replaced.entra }) },
        signal,
      );
      return token.ok ? { ok: true, value: await callsWith(token.value, vault, key, replaced) } : token;
    },
  };
}

function asOurselves(vault: string, key: string, { credential, replaced }: AzureSealOptions): Ports {
  return {
    vault,
    key,
    indirect: true,
    life: unseen,
    async login(abortSignal) {
      try {
        const token = await (await credential()).getToken(keyVaultScope, { abortSignal });
        if (token) return { ok: true, value: await callsWith(token, vault, key, replaced) };
      } catch {
        // What the identity's endpoint said stays there (rule 1).
      }
      return {
        ok: false,
        code: 'no-credential',
        detail: "Sealwatch's own identity gives no token for Key Vault",
      };
    },
  };
}

/** One token for all calls of an exercise, whatever the vault's challenge names: as Vault's own client does. */
async function callsWith(
  token: AccessToken,
  vault: string,
  key: string,
  replaced: AzureReplaced | undefined,
): Promise<SealKeyCalls> {
  const sdk = await import('@azure/keyvault-keys');
  const credential: TokenCredential = { getToken: async () => token };
  const options = replaced?.keyVault;
  const calls = keyVaultCalls({ sdk, vault, credential, ...(options && { options }) });
  const client = new sdk.KeyClient(vault, credential, { ...options, retryOptions: { maxRetries: 0 } });
  const id = (version: string) => `${vault}/keys/${key}/${version}`;
  return {
    ...keyFacts(client, key),
    wrapKey: (version, value, signal) => calls.wrapKey(id(version), value, signal),
    unwrapKey: (version, wrapped, signal) => calls.unwrapKey(id(version), Buffer.from(wrapped), signal),
  };
}
