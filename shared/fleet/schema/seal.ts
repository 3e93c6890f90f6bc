import { z } from 'zod';
import { address } from './address.ts';
import { mount } from './login.ts';
import { namePattern, nameRule } from './names.ts';
import { secret } from './secret.ts';
import { line, matching } from './text.ts';

const keyName = matching(
  /^[A-Za-z0-9_.-]{1,127}$/,
  { description: 'Name of the key that unseals.' },
  'must be the name of a key: letters, digits, dots, dashes and underscores',
);

export const guid = (description: string) =>
  matching(
    /^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/,
    { description },
    'must be an id: 8-4-4-4-12 hexadecimal digits in lower case',
  );

export const keyVaultName = (description: string) =>
  matching(
    /^[A-Za-z][A-Za-z0-9-]{1,22}[A-Za-z0-9]$/,
    { description },
    'must be the name of a Key Vault, not its address: 3 to 24 letters, digits and dashes',
  );

/** It becomes a path: no part of it is `..`. */
const vaultId = matching(
  /^\/subscriptions\/[0-9a-fA-F]{8}(-[0-9a-fA-F]{4}){3}-[0-9a-fA-F]{12}\/resource[gG]roups\/[\w.()-]{0,89}[\w()-]\/providers\/Microsoft\.KeyVault\/vaults\/[A-Za-z][A-Za-z0-9-]{1,22}[A-Za-z0-9]$/,
  {
    description:
      'Resource id of the Key Vault: how it is protected and, with principal, who may do what there is looked at.',
  },
  'must be the resource id of a Key Vault: /subscriptions/ID/resourceGroups/NAME/providers/Microsoft.KeyVault/vaults/NAME',
);

export const transitSeal = z.strictObject({
  type: z.literal('transit').meta({ description: "Unsealed by another cluster's transit engine." }),
  provider: matching(
    namePattern,
    { description: 'Name of the cluster that serves the key.' },
    `must be the name of a cluster: ${nameRule}`,
  ),
  mount: mount('Where the transit engine is mounted.').prefault('transit'),
  key: keyName,
  token: secret(
    "The seal's own token, as the nodes read it at their next start: with it readiness is exercised.",
    'a token',
  ).exactOptional(),
  address: address
    .meta({ description: "Where the seal reaches its provider. Default: any of the provider's nodes." })
    .exactOptional(),
  rescue: line(
    'Where a rescue copy of the key is, in your own words. With one, the key is not rotated.',
  ).exactOptional(),
});

export const seal = z
  .discriminatedUnion('type', [
    z.strictObject({
      type: z.literal('shamir').meta({ description: 'Unsealed with key shares, by people or by recovery.' }),
    }),
    transitSeal,
    z.strictObject({
      type: z.literal('azurekeyvault').meta({ description: 'Unsealed by a key in Azure Key Vault.' }),
      vault: keyVaultName('Name of the Key Vault (vault_name of the seal stanza).').exactOptional(),
      key: keyName.exactOptional(),
      tenant: guid("Entra tenant of the seal's application (tenant_id).").exactOptional(),
      clientId: guid("Client id of the seal's application (client_id).").exactOptional(),
      clientSecret: secret(
        "The application's client secret, as the nodes read it at their next start: with it readiness is exercised.",
        'a client secret',
      ).exactOptional(),
      clientCertificate: secret(
        'Certificate and private key (PEM) that the application signs in with, instead of clientSecret.',
        'a private key',
      ).exactOptional(),
      identity: z
        .literal('managed')
        .meta({
          description:
            "The nodes' managed or workload identity, which nobody can borrow: readiness is told from its roles and the key's state alone.",
        })
        .exactOptional(),
      vaultId: vaultId.exactOptional(),
      principal: guid(
        'Object id of the identity that the nodes sign in with: its rights at the vault are looked at.',
      ).exactOptional(),
    }),
    z.strictObject({ type: z.literal('other').meta({ description: 'Anything else.' }) }),
  ])
  .meta({ description: 'What unseals the cluster.' });
