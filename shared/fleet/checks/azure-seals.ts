/** What the fields of an azurekeyvault seal need beside them, and what excludes what. */
import type { AzureKeyVaultSeal } from '../fleet.ts';
import type { Check } from './check.ts';

const credentials = ['clientSecret', 'clientCertificate'] as const;
const beside: Record<
  (typeof credentials)[number] | 'identity' | 'vaultId' | 'principal',
  (keyof AzureKeyVaultSeal)[]
> = {
  clientSecret: ['tenant', 'clientId', 'vault', 'key'],
  clientCertificate: ['tenant', 'clientId', 'vault', 'key'],
  identity: ['vault', 'key'],
  vaultId: ['vault', 'key'],
  principal: ['vaultId'],
};

export const checkAzureSeals: Check = ({ draft, report }) => {
  for (const [cluster, { seal }] of Object.entries(draft.clusters ?? {})) {
    if (seal?.type !== 'azurekeyvault') continue;
    const path = ['clusters', cluster, 'seal'];
    for (const [field, needed] of Object.entries(beside)) {
      if (seal[field as keyof typeof beside] === undefined) continue;
      const missing = needed.filter((other) => seal[other] === undefined);
      if (missing.length > 0)
        report([...path, field], `needs ${needed.join(', ')} beside it; not there: ${missing.join(', ')}`);
    }
    if (seal.clientSecret !== undefined && seal.clientCertificate !== undefined)
      report(
        [...path, 'clientCertificate'],
        'must not stand beside clientSecret: a seal signs in with one or the other',
      );
    const named = seal.vaultId?.split('/').at(-1);
    if (named !== undefined && seal.vault !== undefined && named.toLowerCase() !== seal.vault.toLowerCase())
      report(
        [...path, 'vaultId'],
        `must be the id of the vault that unseals: its last part must be ${seal.vault}`,
      );
    if (seal.identity === undefined) continue;
    for (const field of ['tenant', 'clientId', ...credentials] as const) {
      if (seal[field] !== undefined)
        report(
          [...path, field],
          'must not stand beside identity: a managed identity signs in with none of these',
        );
    }
  }
};
