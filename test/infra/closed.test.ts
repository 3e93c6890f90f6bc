/** What holds for every account, vault and app of infra/, whoever writes the next one; and names that rules rely on. */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { madeOf } from './bicep/deploy.ts';
import { isObject, listOf, memberOf, shown } from './bicep/known.ts';
import { infra, readTemplates, resources, templateAt } from './bicep/template.ts';
import { type Fields, isFields } from './bicep/value.ts';
import { apps } from './design.ts';
import { deployed } from './rights.ts';

const templates = await readTemplates();

/** Properties of every resource of a type, by where it is. */
function properties(type: string): [string, Fields][] {
  const found = [...templates.values()].flatMap((template) =>
    resources(template, type).map(({ name, fields }): [string, Fields] => {
      const own = fields['properties'];
      return [`${template.path} ${name}`, isFields(own) ? own : {}];
    }),
  );
  // A type that nothing is of would pass whatever is asked.
  if (found.length === 0) throw new Error(`there is no ${type}`);
  return found;
}

it.for(properties('Microsoft.Storage/storageAccounts'))(
  '%s: no public access, no shared keys, TLS 1.2 only, encrypted twice',
  ([, own]) => {
    expect(own).toMatchObject({
      publicNetworkAccess: 'Disabled',
      networkAcls: { defaultAction: 'Deny', bypass: 'None' },
      allowBlobPublicAccess: false,
      allowSharedKeyAccess: false,
      allowCrossTenantReplication: false,
      supportsHttpsTrafficOnly: true,
      minimumTlsVersion: 'TLS1_2',
      accessTier: 'Hot',
      encryption: { keySource: 'Microsoft.Storage', requireInfrastructureEncryption: true },
    });
  },
);

it.for(properties('Microsoft.Storage/storageAccounts/blobServices/containers'))(
  '%s: nobody reads it without a role',
  ([, own]) => {
    expect(own['publicAccess']).toBe('None');
  },
);

it.for(properties('Microsoft.KeyVault/vaults'))('%s: by roles, never purged, closed', ([, own]) => {
  expect(own).toMatchObject({
    enableRbacAuthorization: true,
    enablePurgeProtection: true,
    enableSoftDelete: true,
    networkAcls: { defaultAction: 'Deny', bypass: 'None' },
  });
});

it.for(properties('Microsoft.KeyVault/vaults/keys'))(
  '%s: wraps and unwraps, and leaves no vault',
  ([, own]) => {
    expect(own['keyOps']).toEqual(['wrapKey', 'unwrapKey']);
    expect(own['attributes']).toMatchObject({ exportable: false });
  },
);

it.for(properties('Microsoft.Web/sites'))('%s: HTTPS, TLS 1.2 or newer, in the network', ([, own]) => {
  expect(own).toMatchObject({
    httpsOnly: true,
    siteConfig: { minTlsVersion: '1.2', scmMinTlsVersion: '1.2' },
    functionAppConfig: {
      runtime: { name: 'node', version: '24' },
      deployment: { storage: { authentication: { type: 'UserAssignedIdentity' } } },
    },
  });
  expect(own['virtualNetworkSubnetId']).toBeDefined();
});

it.for(madeOf(deployed, 'Microsoft.Network/privateEndpoints').map((made) => [made.name, made] as const))(
  '%s: behind the rules of its subnet, which endpoints pass by unless it says so',
  ([, made]) => {
    const id = shown(memberOf(memberOf(made.fields['properties'] ?? null, 'subnet'), 'id'));
    const [network] = madeOf(deployed, 'Microsoft.Network/virtualNetworks');
    const subnets = listOf(memberOf(network?.fields['properties'] ?? null, 'subnets')).filter(isObject);
    const own = subnets.filter((subnet) => id === `${network?.id}/subnets/${shown(subnet['name'] ?? '')}`);
    expect(own.map(({ properties }) => properties)).toMatchObject([
      {
        privateEndpointNetworkPolicies: 'Enabled',
        networkSecurityGroup: { id: 'networkSecurityGroups/sealwatch-nsg-endpoints' },
      },
    ]);
  },
);

it('no template asks Azure for a key, a connection string with one, or a secret', () => {
  const asking = [...templates.values()].filter(({ text }) =>
    /listKeys|listAccountSas|AccountKey=|getSecret\(|listSecrets/i.test(text),
  );
  expect(asking.map(({ path }) => path)).toEqual([]);
});

describe('names that rules and scaling rely on are those of functions', () => {
  const names = apps.flatMap((app) => {
    const manifest = JSON.parse(readFileSync(join(infra, `../functions/${app}/manifest.json`), 'utf8')) as {
      functions: { name: string; trigger: { type: string } }[];
    };
    return manifest.functions.map(({ name, trigger }) => ({ app, name, type: trigger.type }));
  });

  it('instances that are always ready are for the timer of the sweep and its workers', () => {
    const { text } = templateAt(templates, 'main.bicep');
    const ready = [...text.matchAll(/name: 'function:([\w-]+)'/g)].map(([, name]) => name);
    expect(ready).toEqual(['probe', 'probe-cluster']);
    expect(names).toContainEqual({ app: 'watch', name: 'probe', type: 'timerTrigger' });
    expect(names).toContainEqual({ app: 'watch', name: 'probe-cluster', type: 'queueTrigger' });
  });

  it('every function of a poison queue is named for it', () => {
    const poison = names.filter(({ name }) => name.endsWith('-poison'));
    expect(poison.map(({ app, name, type }) => `${app} ${name} ${type}`).sort()).toEqual([
      'recover steps-poison queueTrigger',
      'rotate turns-poison queueTrigger',
      'watch notify-poison queueTrigger',
      'watch probe-poison queueTrigger',
    ]);
  });
});
