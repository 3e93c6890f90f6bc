/** What unseals a cluster, named so that clusters which share it have the same name for it. Pure. */
import type { Seal } from './fleet.ts';

/**
 * Of every seal, also of one that is not whole. Undefined: it has none such, or nobody knows which.
 *
 * Names in Key Vault are the same in upper and lower case (Azure, "Vault name and Object name"): the same name here.
 */
export const credentialNames = {
  'transit-token': (seal: PartialSeal) =>
    seal.type === 'transit' && seal.token !== undefined && seal.provider !== undefined
      ? `token at ${seal.provider}, read from ${seal.token}`
      : undefined,
  'transit-key': (seal: PartialSeal) =>
    seal.type === 'transit' &&
    seal.mount !== undefined &&
    seal.key !== undefined &&
    seal.provider !== undefined
      ? `key ${seal.mount}/${seal.key} at ${seal.provider}`
      : undefined,
  'entra-secret': (seal: PartialSeal) =>
    seal.type === 'azurekeyvault' &&
    seal.tenant !== undefined &&
    seal.clientId !== undefined &&
    // Neither signs in with a secret.
    seal.identity === undefined &&
    seal.clientCertificate === undefined
      ? `client secret of application ${seal.clientId} in tenant ${seal.tenant}`
      : undefined,
  'keyvault-key': (seal: PartialSeal) =>
    seal.type === 'azurekeyvault' && seal.vault !== undefined && seal.key !== undefined
      ? `key ${seal.key.toLowerCase()} in Key Vault ${seal.vault.toLowerCase()}`
      : undefined,
};

type Transit = Extract<Seal, { type: 'transit' }>;
type PartialSeal = Exclude<Seal, Transit> | ({ type: 'transit' } & { [Key in keyof Transit]?: Transit[Key] });
