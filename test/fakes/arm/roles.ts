/** Built-in roles of Azure as its documentation lists them, with what matters at a Key Vault. */
import { randomUUID } from 'node:crypto';
import type { Permissions } from '../../../shared/readiness/exercise/vault-facts.ts';

export interface FakeRole {
  id: string;
  roleName: string;
  permissions: Partial<Permissions>[];
}

const role = (roleName: string, own: Partial<Permissions>): FakeRole => ({
  id: randomUUID(),
  roleName,
  permissions: [own],
});
const keys = 'Microsoft.KeyVault/vaults/keys';

export const builtIn = {
  encryptionUser: role('Key Vault Crypto Service Encryption User', {
    actions: ['Microsoft.EventGrid/eventSubscriptions/write', 'Microsoft.EventGrid/eventSubscriptions/read'],
    dataActions: [`${keys}/read`, `${keys}/wrap/action`, `${keys}/unwrap/action`],
  }),
  cryptoOfficer: role('Key Vault Crypto Officer', { dataActions: [`${keys}/*`] }),
  cryptoUser: role('Key Vault Crypto User', {
    dataActions: [
      'read',
      'update/action',
      'backup/action',
      'encrypt/action',
      'decrypt/action',
      'wrap/action',
      'unwrap/action',
      'sign/action',
      'verify/action',
    ].map((name) => `${keys}/${name}`),
  }),
  secretsUser: role('Key Vault Secrets User', {
    dataActions: [
      'Microsoft.KeyVault/vaults/secrets/getSecret/action',
      'Microsoft.KeyVault/vaults/secrets/readMetadata/action',
    ],
  }),
  reader: role('Reader', { actions: ['*/read'] }),
  owner: role('Owner', { actions: ['*'] }),
  contributor: role('Contributor', {
    actions: ['*'],
    notActions: ['Microsoft.Authorization/*/Delete', 'Microsoft.Authorization/*/Write'],
  }),
  accessAdministrator: role('User Access Administrator', {
    actions: ['*/read', 'Microsoft.Authorization/*'],
  }),
  blobReader: role('Storage Blob Data Reader', {
    dataActions: ['Microsoft.Storage/storageAccounts/blobServices/containers/blobs/read'],
  }),
};
