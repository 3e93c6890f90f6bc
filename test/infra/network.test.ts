/** Who is reached how: each private endpoint, each DNS zone, and no door beside them. */
import { dirname, join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { condition, declared, type Plain, plain } from './bicep/plain.ts';
import { readTemplates, resources, templateAt, variable } from './bicep/template.ts';
import { bodyOf, Expression, isFields } from './bicep/value.ts';

const templates = await readTemplates();
const at = (path: string) => templateAt(templates, path);
const network = at('modules/network.bicep');
const main = at('main.bicep');

const params = (path: string, module: string): Plain =>
  plain(bodyOf(declared(at(path), 'module', module).value)['params']);

interface Endpoint {
  when: string;
  location: Plain;
  subnet: Plain;
  target: Plain;
  group: Plain;
  zone: Plain;
}

/** Calls of private-endpoint.bicep, by where they are. */
function endpoints(): Record<string, Endpoint> {
  const calls = [...templates.values()].flatMap((template) =>
    template.declarations
      .filter(({ kind, of }) => kind === 'module' && /(^|\/)private-endpoint\.bicep$/.test(of))
      .map((module): [string, Endpoint] => {
        const given = bodyOf(module.value)['params'];
        const of = (name: string) => plain(isFields(given) ? given[name] : undefined);
        const call = {
          when: condition(module),
          location: of('location'),
          subnet: of('subnetId'),
          target: of('targetId'),
          group: of('groupId'),
          zone: of('zoneId'),
        };
        expect(join(dirname(template.path), module.of)).toBe('modules/private-endpoint.bicep');
        return [`${template.path} ${module.name}`, call];
      }),
  );
  return Object.fromEntries(calls);
}

describe('private endpoints', () => {
  it('are these, each to one part of one thing, with its name in the zone of that part', () => {
    const vault = {
      when: 'if (!empty(endpointSubnetId))',
      location: '=endpointLocation',
      subnet: '=endpointSubnetId',
      group: 'vault',
    };
    expect(endpoints()).toEqual({
      'modules/data-storage.bicep endpoints': {
        when: "for part in [ 'blob', 'queue', 'table' ]",
        location: '=location',
        subnet: '=subnetId',
        target: '=account.id',
        group: '=part',
        zone: '=zoneIds[part]',
      },
      'main.bicep hostEndpoints': {
        when: 'for (app, i) in apps',
        location: '=location',
        subnet: '=network.outputs.subnetIds.endpoints',
        target: '=hostStorage[i].outputs.id',
        group: 'blob',
        zone: '=network.outputs.zoneIds.blob',
      },
      'main.bicep siteEndpoints': {
        when: 'for (app, i) in apps: if (!publicHttp)',
        location: '=location',
        subnet: '=network.outputs.subnetIds.endpoints',
        target: '=functionApps[i].outputs.id',
        group: 'sites',
        zone: '=network.outputs.zoneIds.sites',
      },
      'modules/key-vault.bicep endpoint': { ...vault, target: '=vault.id', zone: '=vaultZoneId' },
      'grants.bicep endpoint': { ...vault, target: '=vault.id', zone: '=vaultZoneId' },
      'seal.bicep rotateEndpoint': {
        when: 'if (!empty(rotateEndpointSubnetId))',
        location: '=rotateEndpointLocation',
        subnet: '=rotateEndpointSubnetId',
        target: '=sealVault.id',
        group: 'vault',
        zone: '=rotateVaultZoneId',
      },
    });
  });

  it('are where their network is: where a vault is, unless its owner says otherwise', () => {
    for (const path of ['modules/key-vault.bicep', 'custodian.bicep', 'seal.bicep'])
      expect(plain(declared(at(path), 'param', 'endpointLocation').value), path).toBe('=location');
    const module = declared(at('modules/private-endpoint.bicep'), 'resource', 'endpoint');
    expect(plain(bodyOf(module.value)['location'])).toBe('=location');
  });

  it('lead where they are asked to, and write their name where they are asked to', () => {
    const module = at('modules/private-endpoint.bicep');
    const properties = (name: string) =>
      plain(bodyOf(declared(module, 'resource', name).value)['properties']);
    expect(properties('endpoint')).toEqual({
      subnet: { id: '=subnetId' },
      customNetworkInterfaceName: '${name}-nic',
      privateLinkServiceConnections: [
        { name: '=groupId', properties: { privateLinkServiceId: '=targetId', groupIds: ['=groupId'] } },
      ],
    });
    expect(properties('zoneGroup')).toEqual({
      privateDnsZoneConfigs: [{ name: '=groupId', properties: { privateDnsZoneId: '=zoneId' } }],
    });
    expect(module.declarations.filter(({ kind }) => kind === 'resource').map(condition)).toEqual(['', '']);
  });

  it('have a name of their own where one vault has two', () => {
    const name = (path: string, module: string) => (params(path, module) as { name: Plain }).name;
    expect(name('modules/key-vault.bicep', 'endpoint')).toBe('${name}-pe');
    expect(name('seal.bicep', 'rotateEndpoint')).toBe('${vaultName}-sealwatch-pe');
    // The same for each app that is granted something: a second deployment changes nothing.
    expect(name('grants.bicep', 'endpoint')).toBe('${vaultName}-sealwatch-pe');
  });
});

describe('names inside the network', () => {
  it('are asked of these zones', () => {
    const zones = variable(network, 'zones');
    if (!(zones instanceof Expression)) throw new Error('no expression');
    expect(zones.text).toMatch(/^concat\(/);
    const [always, sites] = zones.parts;
    expect(plain(always)).toEqual([
      'privatelink.blob.${environment().suffixes.storage}',
      'privatelink.queue.${environment().suffixes.storage}',
      'privatelink.table.${environment().suffixes.storage}',
      '=vaultZone',
    ]);
    expect(plain(sites)).toBe("=privateSites ? [ 'privatelink.azurewebsites.net' ] : []");
    expect(plain(variable(network, 'vaultZone'))).toBe('privatelink.vaultcore.azure.net');
  });

  it('are asked by the whole network; of vaults on the internet, too, where the zone has none', () => {
    expect(condition(declared(network, 'resource', 'dnsZones'))).toBe('for zone in zones: if (makesZones)');
    expect(plain(bodyOf(declared(network, 'resource', 'dnsZones').value)['name'])).toBe('=zone');
    const link = declared(network, 'resource', 'dnsLinks');
    expect(condition(link)).toBe('for (zone, i) in zones: if (makesZones)');
    const { parent, properties } = bodyOf(link.value);
    expect(plain(parent)).toBe('=dnsZones[i]');
    expect(plain(properties)).toEqual({
      registrationEnabled: false,
      resolutionPolicy: "=zone == vaultZone ? 'NxDomainRedirect' : 'Default'",
      virtualNetwork: { id: '=network.id' },
    });
    // Of this version or a later one: older ones know no policy (the change log of Azure's templates).
    expect(link.of.split('@')[1]?.localeCompare('2024-06-01')).toBeGreaterThanOrEqual(0);
  });

  it('each subnet is handed out under its name', () => {
    const subnetIds = plain(declared(network, 'output', 'subnetIds').value);
    const subnets = ['watch', 'rotate', 'recover', 'endpoints'];
    expect(subnetIds).toEqual(
      Object.fromEntries(subnets.map((name) => [name, `\${network.id}/subnets/${name}`])),
    );
    const output = (name: string) => plain(declared(main, 'output', name).value);
    expect(output('endpointSubnetId')).toBe('=network.outputs.subnetIds.endpoints');
    expect(output('vaultZoneId')).toBe('=network.outputs.zoneIds.vault');
  });
});

describe('main.bicep puts each thing into the network', () => {
  it.for([
    ['data', { subnetId: '=network.outputs.subnetIds.endpoints', zoneIds: '=network.outputs.zoneIds' }],
    [
      'functionApps',
      {
        subnetId: '=network.outputs.subnetIds[app]',
        publicHttp: '=publicHttp',
        httpAddresses: '=publicHttp ? httpAddresses : []',
      },
    ],
    ['network', { privateSites: '=!publicHttp' }],
  ] as const)('%s', ([module, given]) => {
    expect(params('main.bicep', module)).toMatchObject(given);
    expect(condition(declared(main, 'module', module))).not.toMatch(/\bif\b/);
  });

  it('an app that is not reached from the internet says so itself', () => {
    const site = declared(at('modules/app.bicep'), 'resource', 'app');
    expect(plain(bodyOf(site.value)['properties'])).toMatchObject({
      publicNetworkAccess: "=publicHttp ? 'Enabled' : 'Disabled'",
      virtualNetworkSubnetId: '=subnetId',
    });
  });

  it('lets in to endpoints TLS from the network alone, and to apps nothing', () => {
    const rules = (name: string) =>
      plain(bodyOf(declared(network, 'resource', name).value)['properties']) as {
        securityRules: { properties: Plain }[];
      };
    const anything = {
      direction: 'Inbound',
      protocol: '*',
      sourceAddressPrefix: '*',
      sourcePortRange: '*',
      destinationAddressPrefix: '*',
      destinationPortRange: '*',
      // After all others: the last that Azure takes.
      priority: 4096,
    };
    expect(rules('appRules').securityRules.map((one) => one.properties)).toMatchObject([
      { ...anything, access: 'Deny' },
    ]);
    expect(rules('endpointRules').securityRules.map((one) => one.properties)).toMatchObject([
      {
        access: 'Allow',
        direction: 'Inbound',
        protocol: 'Tcp',
        sourceAddressPrefix: 'VirtualNetwork',
        sourcePortRange: '*',
        destinationAddressPrefix: '*',
        destinationPortRange: '443',
        priority: 100,
      },
      { ...anything, access: 'Deny' },
    ]);
  });
});

describe('vaults', () => {
  it('are open to the addresses that their owner names, and else to none', () => {
    const [vault] = resources(at('modules/key-vault.bicep'), 'Microsoft.KeyVault/vaults');
    expect(plain(vault?.fields['properties'])).toMatchObject({
      publicNetworkAccess: '=publicAccess',
      networkAcls: {
        bypass: 'None',
        defaultAction: 'Deny',
        ipRules: '=[for address in allowedAddresses: { value: address }]',
      },
    });
    const reached = {
      endpointSubnetId: '=endpointSubnetId',
      vaultZoneId: '=vaultZoneId',
      endpointLocation: '=endpointLocation',
    };
    expect(params('seal.bicep', 'vault')).toMatchObject({
      ...reached,
      allowedAddresses: [],
      publicAccess: 'Disabled',
    });
    expect(params('custodian.bicep', 'vault')).toMatchObject({
      ...reached,
      allowedAddresses: '=allowedAddresses',
      publicAccess: "=empty(allowedAddresses) ? 'Disabled' : 'Enabled'",
    });
    expect(plain(declared(at('custodian.bicep'), 'param', 'allowedAddresses').value)).toEqual([]);
  });
});
