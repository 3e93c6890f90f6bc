/** What Key Vault says of a key and its versions, by @azure/keyvault-keys. */
import type { KeyClient, KeyProperties } from '@azure/keyvault-keys';
import type { KeyVersion } from './azure-exercise.ts';
import type { SealKeyCalls } from './azure-key-vault.ts';

/** More versions than anybody keeps: what comes after is not read. */
const mostVersions = 1_000;

export function keyFacts(client: KeyClient, key: string): Pick<SealKeyCalls, 'getKey' | 'versions'> {
  return {
    async getKey(abortSignal) {
      return factsOf((await client.getKey(key, { abortSignal })).properties);
    },
    async versions(abortSignal) {
      const found: KeyVersion[] = [];
      for await (const properties of client.listPropertiesOfKeyVersions(key, { abortSignal })) {
        found.push(factsOf(properties));
        if (found.length === mostVersions) break;
      }
      return found;
    },
  };
}

export function factsOf({
  version = '',
  enabled,
  createdOn,
  updatedOn,
  expiresOn,
  recoveryLevel,
}: KeyProperties): KeyVersion {
  return {
    version,
    enabled: enabled ?? true,
    ...(createdOn && { createdAt: createdOn.getTime() }),
    ...(updatedOn && { updatedAt: updatedOn.getTime() }),
    ...(expiresOn && { expiresAt: expiresOn.getTime() }),
    ...(recoveryLevel !== undefined && { recoveryLevel }),
  };
}
