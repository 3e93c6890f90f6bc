/** What Flex Consumption takes, on main.bicep as it is deployed: a site with one thing that it refuses is no site. */
import { describe, expect, it } from 'vitest';
import { deploy, type Known, type Made, madeOf } from './bicep/deploy.ts';
import { isObject, listOf, memberOf, shown } from './bicep/known.ts';
import { readTemplates, templateAt } from './bicep/template.ts';
import { apps } from './design.ts';
import { deployed } from './rights.ts';

/**
 * "Flex Consumption plan deprecations" (learn.microsoft.com/azure/azure-functions/functions-app-settings), which says
 * `properties.ftpsState` of what stands in siteConfig. Newer stamps refuse these ("Site.SiteConfig.FtpsState … for Flex
 * Consumption sites is invalid. Please remove"), older ones ignore them: Azure/terraform-azurerm-avm-res-web-site#345, #360,
 * whose own list has the seven after windowsFxVersion besides.
 */
const refusedProperties = [
  'alwaysOn',
  'containerSize',
  'ftpsState',
  'functionAppScaleLimit',
  'isReserved',
  'isXenon',
  'javaVersion',
  'linuxFxVersion',
  'netFrameworkVersion',
  'powerShellVersion',
  'preWarmedInstanceCount',
  'use32BitWorkerProcess',
  'vnetBackupRestoreEnabled',
  'vnetContentShareEnabled',
  'vnetImagePullEnabled',
  'vnetRouteAllEnabled',
  'windowsFxVersion',
  'functionsRuntimeScaleMonitoringEnabled',
  'javaContainer',
  'javaContainerVersion',
  'minimumElasticInstanceCount',
  'nodeVersion',
  'phpVersion',
  'pythonVersion',
  // The portal hides its switch for Flex (Azure/azure-functions-ux#7660): there is nothing to switch.
  'remoteDebuggingEnabled',
];

/** The same page; the Azure CLI leaves them out where it moves an app to Flex. */
const refusedSettings = [
  'AzureWebJobsDashboard',
  'ENABLE_ORYX_BUILD',
  'FUNCTIONS_EXTENSION_VERSION',
  'FUNCTIONS_MAX_HTTP_CONCURRENCY',
  'FUNCTIONS_WORKER_DYNAMIC_CONCURRENCY_ENABLED',
  'FUNCTIONS_WORKER_PROCESS_COUNT',
  'FUNCTIONS_WORKER_RUNTIME',
  'FUNCTIONS_WORKER_RUNTIME_VERSION',
  'SCM_DO_BUILD_DURING_DEPLOYMENT',
  'TZ',
  'WEBSITE_CONTENTAZUREFILECONNECTIONSTRING',
  'WEBSITE_CONTENTOVERVNET',
  'WEBSITE_CONTENTSHARE',
  'WEBSITE_DNS_SERVER',
  'WEBSITE_MAX_DYNAMIC_APPLICATION_SCALE_OUT',
  'WEBSITE_MOUNT_ENABLED',
  'WEBSITE_NODE_DEFAULT_VERSION',
  'WEBSITE_RUN_FROM_PACKAGE',
  'WEBSITE_SKIP_CONTENTSHARE_VALIDATION',
  'WEBSITE_TIME_ZONE',
  'WEBSITE_USE_PLACEHOLDER_DOTNETISOLATED',
  'WEBSITE_VNET_ROUTE_ALL',
];

/** What is known to be taken, and by whom. */
const taken: Record<string, string> = {
  appSettings: "Microsoft's quickstart for Flex",
  minTlsVersion: "Microsoft's quickstart for Flex",
  http20Enabled: "Microsoft's quickstart for Go on Flex sets it",
  scmMinTlsVersion: 'azurerm_function_app_flex_consumption sends it',
  ipSecurityRestrictions: 'azurerm_function_app_flex_consumption sends it',
  ipSecurityRestrictionsDefaultAction: 'azurerm_function_app_flex_consumption sends it',
  scmIpSecurityRestrictionsUseMain: 'azurerm_function_app_flex_consumption sends it',
};

const templates = await readTemplates();
const open = deploy('main.bicep', {
  fleetWriters: [],
  alertEmails: [],
  publicHttp: true,
  httpAddresses: ['203.0.113.7/32', '198.51.100.0/24'],
});
const siteType = 'Microsoft.Web/sites';
const at = ({ fields }: Made, path: string): Known =>
  path.split('.').reduce<Known>((value, name) => memberOf(value, name), fields);
const fieldsAt = (made: Made, path: string): Record<string, Known> => {
  const found = at(made, path);
  if (!isObject(found)) throw new Error(`${path} is no object`);
  return found;
};
const lower = (names: string[]) => names.map((name) => name.toLowerCase());

describe.for([...apps])('%s', (app) => {
  const name = `sealwatch-${app}-unique`;
  const [site] = madeOf(deployed, siteType).filter((made) => made.name === name);
  if (!site) throw new Error(`no ${name}`);

  it('says nothing that Flex Consumption refuses or does not know', () => {
    const config = Object.keys(fieldsAt(site, 'properties.siteConfig'));
    const said = lower([...Object.keys(fieldsAt(site, 'properties')), ...config]);
    expect(refusedProperties.filter((one) => said.includes(one.toLowerCase()))).toEqual([]);
    expect(config.filter((one) => !(one in taken))).toEqual([]);
  });

  it('is an app of Linux on a plan of Flex Consumption that is its own', () => {
    expect(site.fields['kind']).toBe('functionapp,linux');
    const plans = madeOf(deployed, 'Microsoft.Web/serverfarms');
    const own = plans.filter(({ id }) => id === at(site, 'properties.serverFarmId'));
    expect(own.map(({ fields: { kind, sku, properties } }) => ({ kind, sku, properties }))).toEqual([
      {
        kind: 'functionapp',
        sku: { name: 'FC1', tier: 'FlexConsumption' },
        properties: { reserved: true, zoneRedundant: false },
      },
    ]);
    const others = madeOf(deployed, siteType).filter((one) => one !== site);
    expect(others.map((one) => at(one, 'properties.serverFarmId'))).not.toContain(own[0]?.id);
  });

  it('is told nothing by settings that Flex Consumption says elsewhere', () => {
    const rows = listOf(at(site, 'properties.siteConfig.appSettings'));
    const names = lower(rows.map((row) => (isObject(row) ? shown(row['name'] ?? '') : '')));
    expect(names).toContain('azurewebjobsstorage__accountname');
    expect(refusedSettings.filter((one) => names.includes(one.toLowerCase()))).toEqual([]);
  });

  it('is deployed to by nobody with a password', () => {
    const type = `${siteType}/basicPublishingCredentialsPolicies`;
    const policies = madeOf(deployed, type).filter((made) => made.name.startsWith(`${name}/`));
    expect(policies.map((made) => [made.name, made.fields['properties']])).toEqual([
      [`${name}/ftp`, { allow: false }],
      [`${name}/scm`, { allow: false }],
    ]);
  });

  it('has its package in a container that is made, and that nobody reads without a role', () => {
    const { storage } = fieldsAt(site, 'properties.functionAppConfig.deployment');
    expect(storage).toMatchObject({ type: 'blobContainer' });
    const url = isObject(storage) ? shown(storage['value'] ?? '') : '';
    const [, account, container] =
      /^\{storageAccounts\/(\w+)\.properties\.primaryEndpoints\.blob\}(.+)$/.exec(url) ?? [];
    const containers = madeOf(deployed, 'Microsoft.Storage/storageAccounts/blobServices/containers');
    const made = containers.filter((one) => one.name === `${account}/default/${container}`);
    expect(made.map(({ fields }) => fields['properties'])).toEqual([{ publicAccess: 'None' }]);
  });

  it('is in a subnet that belongs to Flex Consumption', () => {
    const subnetId = shown(at(site, 'properties.virtualNetworkSubnetId'));
    const subnets = madeOf(deployed, 'Microsoft.Network/virtualNetworks').flatMap((network) =>
      listOf(at(network, 'properties.subnets'))
        .filter(isObject)
        .map((subnet) => ({ id: `${network.id}/subnets/${shown(subnet['name'] ?? '')}`, subnet })),
    );
    const own = subnets.filter(({ id }) => id === subnetId);
    // learn.microsoft.com/azure/azure-functions/flex-consumption-plan: not Microsoft.Web/serverFarms, as of other plans.
    expect(
      own.map(({ subnet }) => isObject(subnet['properties'] ?? null) && subnet['properties']),
    ).toMatchObject([{ delegations: [{ properties: { serviceName: 'Microsoft.App/environments' } }] }]);
  });

  it('tells the platform’s log to the workspace', () => {
    const logs = madeOf(deployed, 'Microsoft.Insights/diagnosticSettings').filter(
      ({ fields }) => fields['scope'] === site,
    );
    expect(logs.map(({ fields }) => fields['properties'])).toEqual([
      {
        workspaceId: 'workspaces/sealwatch-logs',
        logs: [{ category: 'FunctionAppLogs', enabled: true }],
      },
    ]);
  });
});

describe('from the internet', () => {
  const doors = (from: typeof open) =>
    madeOf(from, siteType).map((site) => {
      const config = fieldsAt(site, 'properties.siteConfig');
      return {
        network: at(site, 'properties.publicNetworkAccess'),
        others: config['ipSecurityRestrictionsDefaultAction'],
        addresses: listOf(config['ipSecurityRestrictions'] ?? null).map(
          (rule) =>
            isObject(rule) &&
            `${shown(rule['action'] ?? '')} ${shown(rule['ipAddress'] ?? rule['vnetSubnetResourceId'] ?? '')}`,
        ),
        deployments: config['scmIpSecurityRestrictionsUseMain'],
      };
    });
  const subnetOf = (app: string) => `virtualNetworks/sealwatch-vnet/subnets/${app}`;
  const endpoints = (from: typeof open) =>
    madeOf(from, 'Microsoft.Network/privateEndpoints').filter(({ name }) =>
      /^sealwatch-.*-unique-pe$/.test(name),
    );

  it('no app is reached unless the deployment asks for it', () => {
    const bare = deploy('main.bicep', { fleetWriters: [], alertEmails: [] });
    expect(doors(bare).map(({ network }) => network)).toEqual(['Disabled', 'Disabled', 'Disabled']);
    expect(endpoints(bare).map(({ name }) => name)).toEqual(apps.map((app) => `sealwatch-${app}-unique-pe`));
  });

  it('of the parameters to begin with one opens them, to addresses that it names, and says why', () => {
    const given = (path: string, name: string) =>
      templateAt(templates, path).declarations.find((one) => one.name === name)?.value;
    const presets = [...templates.keys()].filter((path) => path.endsWith('.bicepparam'));
    const opening = presets.filter((path) => given(path, 'publicHttp') !== undefined);
    expect(opening).toEqual(['main.small-team.bicepparam']);
    for (const path of opening) {
      expect(given(path, 'httpAddresses')).toEqual([expect.stringMatching(/^[\d.]+\/32$/)]);
      expect(templateAt(templates, path).text).toMatch(
        /^\/\/ .*reached from the internet.*\n(\/\/ .*\n)*param publicHttp = true$/m,
      );
    }
  });

  it('an open app takes requests and deployments from the addresses that are named, and from no others', () => {
    expect(doors(open)).toEqual(
      apps.map((app) => ({
        network: 'Enabled',
        others: 'Deny',
        // Itself: a deployment has the app call its own address.
        addresses: [`Allow ${subnetOf(app)}`, 'Allow 203.0.113.7/32', 'Allow 198.51.100.0/24'],
        deployments: true,
      })),
    );
    expect(endpoints(open)).toEqual([]);
  });

  it('a subnet that a rule names is one that Azure knows a call by', () => {
    const [network] = madeOf(open, 'Microsoft.Network/virtualNetworks');
    const subnets = network ? listOf(at(network, 'properties.subnets')).filter(isObject) : [];
    const known = subnets.filter(({ properties }) =>
      shown(properties ?? '').includes('"serviceEndpoints":[{"service":"Microsoft.Web"}]'),
    );
    expect(known.map(({ name }) => name)).toEqual([...apps]);
  });

  it('without addresses an open app takes them from everywhere; addresses alone open nothing', () => {
    const asked = { fleetWriters: [], alertEmails: [] };
    const everywhere = { network: 'Enabled', others: 'Allow', addresses: [], deployments: true };
    const nowhere = { ...everywhere, network: 'Disabled' };
    expect(doors(deploy('main.bicep', { ...asked, publicHttp: true }))).toEqual(apps.map(() => everywhere));
    const closed = deploy('main.bicep', { ...asked, httpAddresses: ['203.0.113.7/32'] });
    expect(doors(closed)).toEqual(apps.map(() => nowhere));
  });
});
