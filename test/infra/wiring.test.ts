/** main.bicep resolved: each app has its own identity, account, settings and deployer. */
import { describe, expect, it } from 'vitest';
import { deploy, type Known, type Made, madeOf } from './bicep/deploy.ts';
import { isObject, listOf, memberOf, shown } from './bicep/known.ts';
import { apps } from './design.ts';
import { deployed } from './rights.ts';
import { assignedBy } from './roles.ts';

const identities = 'userAssignedIdentities/sealwatch';

/** The one of a type whose name this is. */
function only(type: string, name: string): Made {
  const [found, ...more] = madeOf(deployed, type).filter((made) => made.name === name);
  if (!found || more.length > 0) throw new Error(`not one ${type} ${name}`);
  return found;
}

/** `properties.a.b` of a resource. */
function at({ fields }: Made, path: string): Known {
  return path.split('.').reduce<Known>((value, name) => memberOf(value, name), fields);
}

function settingsOf(app: string): Record<string, string> {
  const rows = listOf(
    at(only('Microsoft.Web/sites', `sealwatch-${app}-unique`), 'properties.siteConfig.appSettings'),
  );
  return Object.fromEntries(
    rows.map((row) => (isObject(row) ? [shown(row['name'] ?? ''), shown(row['value'] ?? '')] : [])),
  );
}

it('there are three apps, identities, host accounts and deployers, and one account of data', () => {
  const names = (type: string) => madeOf(deployed, type).map(({ name }) => name);
  expect(names('Microsoft.Web/sites')).toEqual(apps.map((app) => `sealwatch-${app}-unique`));
  expect(names('Microsoft.ManagedIdentity/userAssignedIdentities')).toEqual([
    ...apps.map((app) => `sealwatch-${app}`),
    ...apps.map((app) => `sealwatch-deploys-${app}`),
  ]);
  expect(names('Microsoft.Storage/storageAccounts')).toEqual([
    'swdataunique',
    ...apps.map((app) => `sw${app}unique`),
  ]);
});

describe.for([...apps])('%s', (app) => {
  const site = only('Microsoft.Web/sites', `sealwatch-${app}-unique`);
  const identity = `${identities}-${app}`;
  const clientId = `{${identity}.properties.clientId}`;

  it('runs as its identity, and as nobody else', () => {
    expect(at(site, 'identity')).toEqual({
      type: 'UserAssigned',
      userAssignedIdentities: { [identity]: {} },
    });
    expect(at(site, 'properties.keyVaultReferenceIdentity')).toBe(identity);
  });

  it('has its package, leases and keys in its own account', () => {
    const account = `sw${app}unique`;
    const { storage } = at(site, 'properties.functionAppConfig.deployment') as {
      storage: Record<string, Known>;
    };
    expect(shown(storage['value'] ?? '')).toBe(
      `{storageAccounts/${account}.properties.primaryEndpoints.blob}packages`,
    );
    expect(storage['authentication']).toEqual({
      type: 'UserAssignedIdentity',
      userAssignedIdentityResourceId: identity,
    });
  });

  it('writes telemetry by a component that no other app writes to, and by its identity alone', () => {
    const name = `sealwatch-${app}-unique-insights`;
    expect(at(only('Microsoft.Insights/components', name), 'properties')).toEqual({
      Application_Type: 'web',
      WorkspaceResourceId: 'workspaces/sealwatch-logs',
      DisableLocalAuth: true,
    });
    const writers = assignedBy(deployed).filter(({ on }) => on === `components/${name}`);
    expect(writers.map(({ who, role }) => [who, role])).toEqual([[app, 'Monitoring Metrics Publisher']]);
  });

  it('is told this of the platform, word for word', () => {
    const others = Object.entries(settingsOf(app)).filter(([name]) => !/^(SEALWATCH|MALLOC)_/.test(name));
    expect(Object.fromEntries(others)).toEqual({
      AzureWebJobsStorage__accountName: `sw${app}unique`,
      AzureWebJobsStorage__credential: 'managedidentity',
      AzureWebJobsStorage__clientId: clientId,
      AZURE_CLIENT_ID: clientId,
      APPLICATIONINSIGHTS_CONNECTION_STRING: `{components/sealwatch-${app}-unique-insights.properties.ConnectionString}`,
      APPLICATIONINSIGHTS_AUTHENTICATION_STRING: `ClientId=${clientId};Authorization=AAD`,
      languageWorkers__node__arguments: '--enable-source-maps --max-semi-space-size=4',
      FUNCTIONS_REQUEST_BODY_SIZE_LIMIT: '65536',
      ...(app === 'watch' && { AzureFunctionsJobHost__extensions__queues__batchSize: '4' }),
    });
  });

  it('has its size, its plan and its subnet', () => {
    expect(at(site, 'properties.serverFarmId')).toBe(`serverfarms/sealwatch-${app}-unique-plan`);
    expect(at(site, 'properties.functionAppConfig.scaleAndConcurrency')).toEqual({
      alwaysReady: app === 'watch' ? [{ name: 'function:probe', instanceCount: 1 }] : [],
      maximumInstanceCount: 41 + apps.indexOf(app),
      instanceMemoryMB: 2048,
    });
    expect(shown(at(site, 'properties.virtualNetworkSubnetId'))).toContain(app);
  });

  it('is found by azd under its name', () => {
    expect(at(site, 'tags.azd-service-name')).toBe(app);
  });

  it('is deployed by jobs of its own environment, and no branch', () => {
    const federation = only(
      'Microsoft.ManagedIdentity/userAssignedIdentities/federatedIdentityCredentials',
      `sealwatch-deploys-${app}/github`,
    );
    expect(federation.fields['properties']).toEqual({
      issuer: 'https://token.actions.githubusercontent.com',
      subject: `repo:owner/name:environment:sealwatch-${app}`,
      audiences: ['api://AzureADTokenExchange'],
    });
  });

  it('is shown in the outputs with its identity', () => {
    const rows = listOf(deployed.outputs['apps'] ?? []).filter((row) => isObject(row) && row['app'] === app);
    expect(rows).toEqual([
      {
        app,
        name: `sealwatch-${app}-unique`,
        hostName: { path: `sites/sealwatch-${app}-unique.properties.defaultHostName` },
        principalId: { path: `${identity}.properties.principalId` },
        clientId: { path: `${identity}.properties.clientId` },
      },
    ]);
  });
});

it('each is told what it may go by, and no limit of another one', () => {
  const everyApp = (app: string) => ({
    SEALWATCH_STORAGE__credential: 'managedidentity',
    SEALWATCH_STORAGE__clientId: `{${identities}-${app}.properties.clientId}`,
    SEALWATCH_STORAGE__tableServiceUri: 'https://swdataunique.table.core.windows.net',
    SEALWATCH_STORAGE__blobServiceUri: 'https://swdataunique.blob.core.windows.net',
    SEALWATCH_STORAGE__queueServiceUri: 'https://swdataunique.queue.core.windows.net',
    SEALWATCH_FLEET: 'https://swdataunique.blob.core.windows.net/fleet/fleet.yaml',
    SEALWATCH_LOG_LEVEL: 'info',
    SEALWATCH_ESCROW_VAULTS: 'escrow vault',
    SEALWATCH_LOGIN_AUDIENCES: 'audience of Vault',
    SEALWATCH_KEY_VAULTS: `vault of ${app}`,
  });
  const people = (app: string) => ({
    SEALWATCH_ENTRA_TENANT: 'tenant of people',
    SEALWATCH_ENTRA_CLIENTS: 'cli,portal',
    SEALWATCH_ENTRA_AUDIENCE: `audience of ${app}`,
  });
  const ours = apps.map((app) =>
    Object.fromEntries(Object.entries(settingsOf(app)).filter(([name]) => name.startsWith('SEALWATCH_'))),
  );
  expect(ours).toEqual([
    {
      ...everyApp('watch'),
      ...people('watch'),
      SEALWATCH_SCHEDULE: '*/30 * * * * *',
      SEALWATCH_ENDPOINT_HOSTS: 'endpoint host',
      SEALWATCH_RUNBOOKS: 'runbooks',
    },
    {
      ...everyApp('rotate'),
      ...people('rotate'),
      SEALWATCH_SEAL_VAULTS: 'seal vault',
      SEALWATCH_SEAL_HOSTS: 'seal host',
      SEALWATCH_SINK_VAULTS: 'sink vault',
      SEALWATCH_SINK_HOSTS: 'sink host',
    },
    { ...everyApp('recover'), ...people('recover') },
  ]);
});

it('workers of a large fleet are kept ready beside the timer where they are asked for, and for watch alone', () => {
  const { resources } = deploy('main.bicep', { fleetWriters: [], alertEmails: [], workersAlwaysReady: 3 });
  const sites = resources.filter(({ type }) => type === 'Microsoft.Web/sites');
  const ready = 'properties.functionAppConfig.scaleAndConcurrency.alwaysReady';
  expect(sites.map((site) => at(site, ready))).toEqual([
    [
      { name: 'function:probe', instanceCount: 1 },
      { name: 'function:probe-cluster', instanceCount: 3 },
    ],
    [],
    [],
  ]);
});

describe('a deployer trusts jobs of its environment in this repository, and no others', () => {
  const subjects = (githubSubject?: string) => {
    const own: Record<string, Known> = githubSubject === undefined ? {} : { githubSubject };
    const given = { fleetWriters: [], alertEmails: [], githubRepository: 'Owner/name', ...own };
    const type = 'Microsoft.ManagedIdentity/userAssignedIdentities/federatedIdentityCredentials';
    return madeOf(deploy('main.bicep', given), type).map((made) => at(made, 'properties.subject'));
  };
  const of = (prefix: string) => apps.map((app) => `${prefix}:environment:sealwatch-${app}`);

  it('whose subjects have names alone', () => {
    expect(subjects()).toEqual(of('repo:Owner/name'));
  });

  it.for([
    'repo:Owner@12/name@345',
    'repo:Owner/name',
    // As GitHub spells it, which is what Entra compares with.
    'repo:owner@12/Name@345',
  ])('whose subjects begin as GitHub says: %s', (prefix) => {
    expect(subjects(prefix)).toEqual(of(prefix));
  });

  it.for([
    ['another owner', 'repo:other@12/name@345'],
    ['another repository', 'repo:Owner@12/other@345'],
    ['a name that begins like it', 'repo:Owner/names'],
    ['an owner alone', 'repo:Owner@12'],
    ['no subject of a repository', 'Owner@12/name@345'],
    ['a whole subject', 'repo:Owner/name:environment:sealwatch-watch'],
    ['a whole subject with ids', 'repo:Owner@12/name@345:environment:sealwatch-watch'],
    ['a whole subject of a branch', 'repo:Owner@12/name@345:ref:refs/heads/main'],
    ['nothing', ''],
  ])('never by %s', ([, prefix]) => {
    expect(() => subjects(prefix)).toThrow('githubSubject');
  });
});

it('no-sweep believes the component of watch alone, the other rules those of all three', () => {
  const component = (app: string) => `components/sealwatch-${app}-unique-insights`;
  const queries = madeOf(deployed, 'Microsoft.Insights/scheduledQueryRules').map((rule) => ({
    name: rule.name,
    asks: shown(at(rule, 'properties.criteria.allOf')),
  }));
  const asked = queries.map(({ name, asks }) => [name, apps.filter((app) => asks.includes(component(app)))]);
  expect(asked).toEqual([
    ['sealwatch-no-sweep', ['watch']],
    ['sealwatch-poison', [...apps]],
    ['sealwatch-failures', [...apps]],
  ]);
  // Whoever sends telemetry writes that itself.
  for (const { asks } of queries) expect(asks).not.toContain('AppRoleName');
});

it('without a repository nobody deploys', () => {
  const bare = deploy('main.bicep', { fleetWriters: [], alertEmails: [] });
  expect(bare.resources.filter(({ type }) => type.includes('federatedIdentity'))).toEqual([]);
});
