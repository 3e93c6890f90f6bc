/** Actions of Azure's Key Vault provider that no seal needs ("Azure permissions for Security", Microsoft.KeyVault). */

const family = (name: string, actions: string[]) =>
  actions.map((action) => `Microsoft.KeyVault/vaults/${name}/${action}`);

/** On what is in a vault. What is worst comes first: only some are shown. */
export const otherDataActions: readonly string[] = [
  ...family('keys', [
    'purge/action',
    'delete',
    'create/action',
    'import/action',
    'update/action',
    'rotate/action',
    'decrypt/action',
    'sign/action',
    'release/action',
    'backup/action',
    'restore/action',
    'recover/action',
    'encrypt/action',
    'verify/action',
  ]),
  ...family('keyrotationpolicies', ['write', 'read']),
  ...family('secrets', [
    'getSecret/action',
    'setSecret/action',
    'purge/action',
    'delete',
    'update/action',
    'backup/action',
    'restore/action',
    'recover/action',
    'readMetadata/action',
  ]),
  ...family('certificates', [
    'purge/action',
    'delete',
    'create/action',
    'import/action',
    'update/action',
    'backup/action',
    'restore/action',
    'recover/action',
    'read',
  ]),
  ...family('certificatecas', ['write', 'delete', 'read']),
  ...family('certificatecontacts', ['write']),
  ...family('storageaccounts', ['set/action', 'delete', 'regeneratekey/action', 'read']),
];

/** On the vault itself: with any of them an identity gives itself the rest, or takes the vault away. */
export const controlActions: readonly string[] = [
  'Microsoft.Authorization/roleAssignments/write',
  'Microsoft.KeyVault/vaults/write',
  'Microsoft.KeyVault/vaults/accessPolicies/write',
  'Microsoft.KeyVault/vaults/delete',
  'Microsoft.KeyVault/vaults/keys/write',
  'Microsoft.KeyVault/locations/deletedVaults/purge/action',
];
