/** The calls of one vault by @azure/keyvault-keys. The SDK comes in as an argument: it is loaded on first use. */
import type { TokenCredential } from '@azure/identity';
import type { CryptographyClient, KeyClient, KeyClientOptions } from '@azure/keyvault-keys';
import type { KeyVaultCalls } from '../escrow/custodians/key-vault.ts';

export interface KeyVaultSdk {
  KeyClient: typeof KeyClient;
  CryptographyClient: typeof CryptographyClient;
}

export interface KeyVaultConnection {
  sdk: KeyVaultSdk;
  /** https://VAULT.vault.azure.net */
  vault: string;
  credential: TokenCredential;
  /** Only what a network needs: an agent, or trusted certificates. */
  options?: Pick<KeyClientOptions, 'agent' | 'tlsOptions' | 'proxyOptions'>;
}

export function keyVaultCalls({ sdk, vault, credential, options }: KeyVaultConnection): KeyVaultCalls {
  // We retry ourselves: the SDK hides how often, and gives up on a 429 without Retry-After.
  const settings = () => ({
    ...options,
    retryOptions: { maxRetries: 0 },
    redirectOptions: { maxRetries: 0 },
  });
  const keys = new sdk.KeyClient(vault, credential, settings());
  const clients = new Map<string, CryptographyClient>();
  const client = (keyId: string): CryptographyClient => {
    const kept = clients.get(keyId);
    if (kept) return kept;
    const made = new sdk.CryptographyClient(bareKey(keyId), credential, settings());
    clients.set(keyId, made);
    return made;
  };
  return {
    async getKey(name, version, abortSignal) {
      const { id, properties } = await keys.getKey(name, { abortSignal, ...(version && { version }) });
      const { enabled, notBefore, expiresOn } = properties;
      return { id, enabled, notBefore, expiresOn };
    },
    async wrapKey(keyId, key, abortSignal) {
      return (await client(keyId).wrapKey('RSA-OAEP-256', key, { abortSignal })).result;
    },
    async unwrapKey(keyId, wrapped, abortSignal) {
      return (await client(keyId).unwrapKey('RSA-OAEP-256', wrapped, { abortSignal })).result;
    },
  };
}

/**
 * A key of which the SDK knows the id only. Given the id as text it would get the key before each first use, and then
 * refuse by itself to unwrap with an expired version, which Key Vault still does (about-keys, "date-time controlled
 * operations"): a recovery would fail for nothing.
 */
function bareKey(id: string) {
  const [, vaultUrl = '', name = '', version = ''] = /^(.*)\/keys\/([^/]+)\/([^/]+)$/.exec(id) ?? [];
  return { id, name, properties: { id, vaultUrl, name, version } };
}
