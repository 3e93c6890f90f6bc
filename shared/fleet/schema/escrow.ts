import { z } from 'zod';
import { secret } from './secret.ts';
import type { Complaint } from './text.ts';
import { line, text, whole } from './text.ts';

/** Vault takes at most 255 shares; nobody splits a key for so many. */
export const mostShares = 255;
export const mostCustodians = 20;
const form = 'https://VAULT.vault.azure.net/keys/NAME';

/** The origin of the Key Vault that holds a key of a good form. */
export function vaultOfKey(key: string): string | undefined {
  const [, vault] = /^(https:\/\/[^/?#@\s]+)\/keys\/[0-9A-Za-z-]{1,127}$/.exec(key) ?? [];
  return vault !== undefined && URL.canParse(vault) ? new URL(vault).origin : undefined;
}

function checkKey(value: string): Complaint {
  const [, plain] = /^([^?#@\s]+\/keys\/[0-9A-Za-z-]{1,127})\/[^/?#@\s]*$/.exec(value) ?? [];
  const wanted = plain ?? value;
  const vault = vaultOfKey(wanted);
  if (vault === undefined) return `must be the address of a key: ${form}`;
  const normal = vault + wanted.slice(wanted.indexOf('/keys/'));
  if (plain !== undefined)
    return {
      message:
        'must not name a version: new shares are wrapped with the newest one, and each envelope notes which it was',
      suggestion: normal,
    };
  return wanted === normal
    ? undefined
    : {
        message: 'must be written in its plain form: lower case, without a default port',
        suggestion: normal,
      };
}

export const custodian = z
  .strictObject({
    key: text(
      {
        description: `Key of an Azure Key Vault, without a version: ${form}. The vault must be in SEALWATCH_ESCROW_VAULTS.`,
        pattern: '^https://[^/?#@\\s]+/keys/[0-9A-Za-z-]+$',
        examples: ['https://kv-escrow-a.vault.azure.net/keys/vault-escrow'],
      },
      checkKey,
    ).exactOptional(),
    passphrase: secret('Passphrase that wraps instead of a key.', 'a passphrase').exactOptional(),
    shares: z.array(whole('Index of a share, from 1.', 1, mostShares)).meta({
      description: 'Which shares it holds, by their indexes. Together custodians hold every share.',
      minItems: 1,
      maxItems: mostShares,
    }),
    owner: line('Who owns the key: shown to people.').exactOptional(),
  })
  .meta({ description: 'One custodian: either a key or a passphrase.' });

export const escrow = z
  .strictObject({
    // Names are checked later: a bad one must not hide the problems below it.
    custodians: z
      .record(z.string(), custodian)
      .meta({ description: 'Who holds which shares, by name.', maxProperties: mostCustodians })
      .prefault({}),
  })
  .meta({ description: 'Who holds the key shares of this cluster. Default: nobody, nothing is escrowed.' });
