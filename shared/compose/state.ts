/** The storage account that a deployment names: connection string, or addresses and an identity. */
import type { TokenCredential } from '@azure/identity';
import type { StateSettings } from '../state/azure/clients.ts';
import type { Settings } from './settings.ts';

export type Credential = (clientId?: string) => Promise<TokenCredential>;

export function stateSettings({ storage }: Settings, credential: Credential): StateSettings {
  if ('connectionString' in storage) return storage;
  const { tables: table, blobs: blob, queues: queue, clientId } = storage;
  return {
    accountUrls: { table, blob, queue },
    credential: {
      getToken: async (scopes, options) => (await credential(clientId)).getToken(scopes, options),
    },
  };
}

/** What a connection string lets whoever reads it do. */
export function storageKeys({ storage }: Settings): string[] {
  if (!('connectionString' in storage)) return [];
  const parts = storage.connectionString.matchAll(/(?:AccountKey|SharedAccessSignature)=([^;]{6,})/gi);
  return [...parts].flatMap(([, key]) => (key === undefined ? [] : [key]));
}
