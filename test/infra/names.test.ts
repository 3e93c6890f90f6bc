/** main.bicep resolved: from which networks the names of private endpoints are found, and how the Vaults' network is reached. */
import { globSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { type Deployed, deploy, type Known, type Made, madeOf } from './bicep/deploy.ts';
import { isObject, listOf, memberOf, shown } from './bicep/known.ts';
import { declared, plain } from './bicep/plain.ts';
import { readTemplates, templateAt } from './bicep/template.ts';
import { bodyOf } from './bicep/value.ts';

const templates = await readTemplates();

const root = join(import.meta.dirname, '../..');
const ours = 'virtualNetworks/sealwatch-vnet';
const networkOf = (subscription: string) =>
  `/subscriptions/${subscription}/resourceGroups/hub/providers/Microsoft.Network/virtualNetworks/hub`;
const [hub, another] = ['a', 'b'].map(networkOf) as [string, string];

const deployed = (params: Record<string, Known>) =>
  deploy('main.bicep', { fleetWriters: [], alertEmails: [], ...params });
const found = ({ resources }: Deployed, type: string) =>
  resources.filter((made) => made.type === `Microsoft.Network/${type}`);

/** `properties.a.b` of a resource. */
const at = ({ fields }: Made, path: string): Known =>
  path.split('.').reduce<Known>((value, name) => memberOf(value, name), fields);

/** Of each network the zones that it asks. */
function askedBy(deployment: Deployed): Record<string, string[]> {
  const links = found(deployment, 'privateDnsZones/virtualNetworkLinks').map((link) => {
    const zone = link.fields['parent'];
    if (zone === undefined) throw new Error('of no zone');
    return { network: shown(at(link, 'properties.virtualNetwork.id')), zone: shown(zone) };
  });
  const networks = [...new Set(links.map(({ network }) => network))];
  return Object.fromEntries(
    networks.map((network) => [
      network,
      links
        .filter((link) => link.network === network)
        .map(({ zone }) => zone)
        .sort(),
    ]),
  );
}

/** Zones that the names of endpoints are written to, each by `PART ZONE`. */
function writtenTo(deployment: Deployed): string[] {
  const groups = madeOf(deployment, 'Microsoft.Network/privateEndpoints/privateDnsZoneGroups');
  const lines = groups.flatMap((group) =>
    listOf(at(group, 'properties.privateDnsZoneConfigs')).map((config) => {
      if (!isObject(config)) throw new Error('no zone');
      return `${shown(config['name'] ?? '')} ${shown(memberOf(config['properties'] ?? null, 'privateDnsZoneId'))}`;
    }),
  );
  return [...new Set(lines)].sort();
}

const zonesOf = (deployment: Deployed) => found(deployment, 'privateDnsZones').map(({ id }) => id);

/** What has an endpoint is found under its name, in every network that is to. */
function expectFound(deployment: Deployed, networks: string[]) {
  const zones = zonesOf(deployment).sort();
  expect(askedBy(deployment)).toEqual(Object.fromEntries(networks.map((network) => [network, zones])));
  for (const line of writtenTo(deployment)) expect(zones).toContain(line.split(' ')[1]);
}

describe('the name of each private endpoint', () => {
  it.for([true, false])('is in a zone of its part (publicHttp: %s)', (publicHttp) => {
    const deployment = deployed({ publicHttp });
    const zone = (name: string) => `privateDnsZones/privatelink.${name}`;
    expect(writtenTo(deployment)).toEqual([
      `blob ${zone('blob.core.windows.net')}`,
      `queue ${zone('queue.core.windows.net')}`,
      ...(publicHttp ? [] : [`sites ${zone('azurewebsites.net')}`]),
      `table ${zone('table.core.windows.net')}`,
    ]);
    // Key Vaults' owners write to it: custodian.bicep, grants.bicep, key-vault.bicep.
    expect(shown(deployment.outputs['vaultZoneId'] ?? '')).toBe(zone('vaultcore.azure.net'));
    expectFound(deployment, [ours]);
  });

  it.for([
    ['the hub', [hub]],
    ['networks that are no hub', [another, hub]],
  ] as const)('is found from %s, too, where it is asked to be, and from no other', ([, zoneNetworkIds]) => {
    const deployment = deployed({ hubNetworkId: hub, zoneNetworkIds: [...zoneNetworkIds] });
    expectFound(deployment, [ours, ...zoneNetworkIds]);
    expect(askedBy(deployed({ hubNetworkId: hub }))).not.toHaveProperty(hub);
  });

  it('has links that keep their network, however the list is ordered', () => {
    const named = (zoneNetworkIds: string[]) =>
      found(deployed({ zoneNetworkIds }), 'privateDnsZones/virtualNetworkLinks')
        .map((link) => `${link.name} ${shown(at(link, 'properties.virtualNetwork.id'))}`)
        .sort();
    expect(named([another, hub])).toEqual(named([hub, another]));
    expect(new Set(named([hub, another]).map((line) => line.split(' ')[0])).size).toBe(15);
  });

  it('takes from another network no name that is not ours', () => {
    const links = found(deployed({ zoneNetworkIds: [hub] }), 'privateDnsZones/virtualNetworkLinks');
    const policies = links
      .filter((link) => at(link, 'properties.virtualNetwork.id') === hub)
      .map((link) => [at(link, 'properties.resolutionPolicy'), at(link, 'properties.registrationEnabled')]);
    expect(policies).toEqual(Array.from({ length: 5 }, () => ['NxDomainRedirect', false]));
  });
});

describe('zones that are there already', () => {
  const existingZoneIds = Object.fromEntries(
    ['blob', 'queue', 'table', 'vault', 'sites'].map((part) => [part, `central ${part}`]),
  );

  it('are used instead: none is made, and nothing is linked by us', () => {
    const deployment = deployed({ existingZoneIds, zoneNetworkIds: [hub] });
    expect(zonesOf(deployment)).toEqual([]);
    expect(askedBy(deployment)).toEqual({});
    const parts = ['blob', 'queue', 'sites', 'table'];
    expect(writtenTo(deployment)).toEqual(parts.map((part) => `${part} central ${part}`));
    expect(deployment.outputs['vaultZoneId']).toBe('central vault');
  });

  it.for(Object.keys(existingZoneIds))('have one of each part: without %s the deployment fails', (part) => {
    const { [part]: _, ...rest } = existingZoneIds;
    expect(() => deployed({ existingZoneIds: rest })).toThrow(`has no ${part}`);
  });

  it('have none of the apps’ where these are on the internet', () => {
    const { sites: _, ...rest } = existingZoneIds;
    expect(zonesOf(deployed({ publicHttp: true, existingZoneIds: rest }))).toEqual([]);
  });
});

describe('the way to the Vaults', () => {
  const peering = (params: Record<string, Known>) =>
    found(deployed({ hubNetworkId: hub, ...params }), 'virtualNetworks/virtualNetworkPeerings')[0]?.fields[
      'properties'
    ];
  const closed = {
    remoteVirtualNetwork: { id: hub },
    allowVirtualNetworkAccess: true,
    allowForwardedTraffic: false,
    allowGatewayTransit: false,
    useRemoteGateways: false,
  };

  it.for([
    ['is the hub alone, unless more is asked for', {}, {}],
    ['is a firewall of the hub', { hubForwards: true }, { allowForwardedTraffic: true }],
    ['is the gateway of the hub', { hubGateway: true }, { useRemoteGateways: true }],
  ] as const)('%s', ([, params, opened]) => {
    expect(peering(params)).toEqual({ ...closed, ...opened });
  });

  it('has the routes of their owner in the apps’ subnets, and in no other', () => {
    const routes = (params: Record<string, Known>) =>
      found(deployed(params), 'virtualNetworks').flatMap((network) =>
        listOf(at(network, 'properties.subnets')).map((subnet) => {
          const properties = isObject(subnet) ? subnet['properties'] : null;
          return isObject(properties ?? null)
            ? ((properties as { routeTable?: Known }).routeTable ?? null)
            : 'none';
        }),
      );
    const own = { id: 'routes' };
    expect(routes({ routeTableId: 'routes' })).toEqual([own, own, own, null]);
    expect(routes({})).toEqual([null, null, null, null]);
  });
});

it('a link is made after its zone', () => {
  const links = declared(templateAt(templates, 'modules/network.bicep'), 'module', 'otherLinks');
  expect(plain(bodyOf(links.value)['dependsOn'])).toEqual(['=dnsZones']);
});

it('no page and no template says that a peered network is enough', () => {
  const pages = globSync('{docs/**/*.md,infra/**/*.{bicep,bicepparam}}', { cwd: root });
  const said = pages.flatMap((path) =>
    readFileSync(join(root, path), 'utf8')
      // A paragraph, a row or an item; of a template a comment or a parameter.
      .split(/\n\n|\n(?=[-|])/)
      .filter((part) => /\bpeered\b/.test(part))
      .map((part) => ({ path, part })),
  );
  expect(said.length).toBeGreaterThan(8);
  const enough = said.filter(({ part }) => !/zoneNetworkIds|\blinked\b|from this side/.test(part));
  expect(enough).toEqual([]);
});

describe('parameters to begin with', () => {
  const files = [...templates.keys()].filter((path) => path.endsWith('.bicepparam'));
  const paramsOf = (path: string): Record<string, Known> =>
    Object.fromEntries(
      templateAt(templates, path).declarations.map(({ name, value }) => [name, plain(value) as Known]),
    );

  it.for(files)('%s: names are found where its words say that people and DNS servers are', (path) => {
    const params = paramsOf(path);
    const deployment = deploy('main.bicep', params);
    const people = /are in the hub/.test(templateAt(templates, path).text);
    // Servers of another network answer by the links of theirs; who is not let in from the internet is inside.
    expect(people).toBe(params['publicHttp'] !== true);
    expect('dnsServers' in params && !people).toBe(false);
    expectFound(deployment, people ? [ours, shown(params['hubNetworkId'] ?? '')] : [ours]);
  });
});
