/** Each switch of infra/ stands as here, in whichever template it is; each kind of resource has the version that is listed. */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { plain } from './bicep/plain.ts';
import { readTemplates, resources } from './bicep/template.ts';
import { bodyOf, Expression, isFields, type Value } from './bicep/value.ts';

const templates = [...(await readTemplates()).values()].filter(({ path }) => path.endsWith('.bicep'));

/** Where both are right, another test says which is where. */
const either = 'either';
const switches: Record<string, boolean | typeof either> = {
  DisableLocalAuth: true,
  allow: false,
  allowBlobPublicAccess: false,
  allowCrossTenantReplication: false,
  allowGatewayTransit: false,
  allowProtectedAppendWrites: false,
  allowSharedKeyAccess: false,
  allowVirtualNetworkAccess: true,
  autoMitigate: either,
  clientAffinityEnabled: false,
  defaultToOAuthAuthentication: true,
  disableLocalAuth: true,
  enablePurgeProtection: true,
  enableRbacAuthorization: true,
  enableSoftDelete: true,
  enabled: true,
  enabledForDeployment: false,
  enabledForDiskEncryption: false,
  enabledForTemplateDeployment: false,
  exportable: false,
  http20Enabled: true,
  httpsOnly: true,
  isVersioningEnabled: true,
  registrationEnabled: false,
  requireInfrastructureEncryption: true,
  reserved: true,
  scmIpSecurityRestrictionsUseMain: true,
  skipQueryValidation: true,
  supportsHttpsTrafficOnly: true,
  useCommonAlertSchema: true,
};

/** Of each thing that can be undeleted, how many days. The vault's are Azure's longest; docs/infra.md counts the blobs'. */
const undeleted: Record<string, Record<string, number>> = {
  'modules/key-vault.bicep vault': { softDeleteRetentionInDays: 90 },
  'modules/data-storage.bicep blobService': { deleteRetentionPolicy: 7, containerDeleteRetentionPolicy: 30 },
  'modules/host-storage.bicep blobs': { deleteRetentionPolicy: 7, containerDeleteRetentionPolicy: 7 },
};

/** An expression in the place of one that is listed, too. */
function switchesIn(value: Value | undefined): [string, boolean | string][] {
  if (Array.isArray(value)) return value.flatMap(switchesIn);
  if (value instanceof Expression) return value.parts.flatMap(switchesIn);
  if (!isFields(value)) return [];
  return Object.entries(value).flatMap(([name, one]): [string, boolean | string][] => {
    if (typeof one === 'boolean') return [[name, one]];
    return one instanceof Expression && name in switches ? [[name, one.text]] : switchesIn(one);
  });
}

const declarations = templates.flatMap((template) =>
  template.declarations
    .filter(({ kind }) => kind !== 'param')
    .map(({ name, value }): [string, [string, boolean | string][]] => [
      `${template.path} ${name}`,
      switchesIn(value),
    ]),
);

it.for(declarations.filter(([, found]) => found.length > 0))('%s', ([, found]) => {
  expect(found.filter(([name, on]) => switches[name] !== on && switches[name] !== either)).toEqual([]);
});

it('each switch is in use', () => {
  const used = new Set(declarations.flatMap(([, found]) => found.map(([name]) => name)));
  expect(Object.keys(switches).filter((name) => !used.has(name))).toEqual([]);
});

describe('what was deleted comes back', () => {
  it.for(Object.entries(undeleted))('%s', ([at, days]) => {
    const found = templates.flatMap((template) =>
      resources(template).filter(({ name }) => `${template.path} ${name}` === at),
    );
    const wanted = Object.entries(days).map(([name, count]) => [
      name,
      name.endsWith('Policy') ? { enabled: true, days: count } : count,
    ]);
    expect(found.map(({ fields }) => plain(fields['properties']))).toMatchObject([
      Object.fromEntries(wanted),
    ]);
  });
});

describe('where things are', () => {
  const everywhere = [
    'Microsoft.Insights/actionGroups',
    'Microsoft.Insights/activityLogAlerts',
    'Microsoft.Network/privateDnsZones',
    'Microsoft.Network/privateDnsZones/virtualNetworkLinks',
  ];
  const placed = templates.flatMap((template) =>
    resources(template)
      .filter(({ fields }) => 'location' in fields)
      .map(({ name, of, fields }) => [`${template.path} ${name}`, of, fields['location']] as const),
  );

  it.for(placed)('%s', ([, of, location]) => {
    const [type = ''] = of.split('@');
    expect(plain(location)).toBe(everywhere.includes(type) ? 'global' : '=location');
  });

  it('accounts outlive the loss of a zone', () => {
    const accounts = templates.flatMap((template) =>
      resources(template, 'Microsoft.Storage/storageAccounts'),
    );
    expect(accounts.map(({ fields: { kind, sku } }) => plain({ kind: kind ?? '', sku: sku ?? '' }))).toEqual([
      { kind: 'StorageV2', sku: { name: '=skuName' } },
      { kind: 'StorageV2', sku: { name: 'Standard_ZRS' } },
    ]);
    const main = templates.find(({ path }) => path === 'main.bicep');
    expect(main?.text).toMatch(/^@allowed\(\[ 'Standard_ZRS', 'Standard_GZRS' \]\)\nparam dataSku string/m);
  });
});

describe('logs', () => {
  const settings = templates.flatMap((template) =>
    resources(template, 'Microsoft.Insights/diagnosticSettings').map(({ name, fields }) => ({
      of: `${template.path} ${name}`,
      properties: bodyOf(fields['properties']),
    })),
  );

  it('are of these kinds, each on, for a workspace', () => {
    expect(settings.map(({ of, properties }) => [of, plain(properties['logs'])])).toEqual(
      Object.entries({
        'modules/app.bicep platformLog': ['FunctionAppLogs'],
        'modules/data-storage.bicep blobLog': ['StorageWrite', 'StorageDelete'],
        'modules/key-vault.bicep log': ['AuditEvent'],
      }).map(([of, categories]) => [of, categories.map((category) => ({ category, enabled: true }))]),
    );
    expect(settings.map(({ properties }) => plain(properties['workspaceId']))).toEqual(
      settings.map(() => '=workspaceId'),
    );
  });
});

describe('API versions', () => {
  const listed = readFileSync(join(import.meta.dirname, 'api-versions.txt'), 'utf8')
    .trimEnd()
    .split('\n');

  // A type has one version: a second one is a slip, or a change that is half made.
  it('are those of the list, which review sees change', () => {
    const used = templates.flatMap(({ declarations: all }) =>
      all.filter(({ kind }) => kind === 'resource').map(({ of }) => of),
    );
    expect([...new Set(used)].sort()).toEqual(listed);
    const types = listed.map((one) => one.split('@')[0]);
    expect(types.filter((type, index) => types.indexOf(type) !== index)).toEqual([]);
  });

  it('are days', () => {
    for (const one of listed) {
      const [, day = ''] = /^Microsoft\.[\w./]+@(\d{4}-\d{2}-\d{2})(?:-preview)?$/.exec(one) ?? [];
      expect(new Date(day).toISOString().slice(0, 10), one).toBe(day);
    }
  });
});
