metadata name = 'Network'
metadata description = 'A virtual network: a subnet for each app and one for private endpoints, and the private DNS zones that these need.'

@description('Begins the name of everything.')
param namePrefix string

param location string

param tags object

@description('{network, watch, rotate, recover, endpoints}.')
param addressPrefixes object

@description('DNS servers that know the names of your Vaults. Empty: those of Azure.')
param dnsServers array

@description('Resource id of a network that this one is peered with, from this side; its owner peers back. Empty: none.')
param hubNetworkId string

@description('Whether what the hub passes on from other networks comes in.')
param hubForwards bool

@description('Whether the hub\'s gateway is used.')
param hubGateway bool

@description('Route table of the apps\' subnets. Empty: none.')
param routeTableId string

@description('Other networks that ask the zones made here.')
param zoneNetworkIds array

@description('Zones to use instead: {blob, queue, table, vault}, and sites where privateSites. Empty: they are made here.')
param existingZoneIds object

@description('Whether the apps themselves are reached by private endpoints, too.')
param privateSites bool

@description('One fixed public address for all that the apps send out, by a NAT gateway: for firewalls before Vaults and webhooks. Not for those on App Service where the apps are public (docs/infra.md).')
param fixedOutbound bool

var apps = [
  'watch'
  'rotate'
  'recover'
]

// Names of Key Vaults of others are looked for on the internet, too: a vault that has an endpoint in another network, and none
// in this one, would else not exist here (learn.microsoft.com/azure/dns/private-dns-fallback).
var vaultZone = 'privatelink.vaultcore.azure.net'

var zones = concat([
  'privatelink.blob.${environment().suffixes.storage}'
  'privatelink.queue.${environment().suffixes.storage}'
  'privatelink.table.${environment().suffixes.storage}'
  vaultZone
], privateSites ? [ 'privatelink.azurewebsites.net' ] : [])

// Nothing comes in to an app by its subnet: requests come by its front end or its private endpoint.
resource appRules 'Microsoft.Network/networkSecurityGroups@2024-05-01' = {
  name: '${namePrefix}-nsg-apps'
  location: location
  tags: tags
  properties: {
    securityRules: [
      {
        name: 'nothing-in'
        properties: {
          description: 'An app is a client here: of Vault, of storage, of Key Vault.'
          access: 'Deny'
          direction: 'Inbound'
          priority: 4096
          protocol: '*'
          sourceAddressPrefix: '*'
          sourcePortRange: '*'
          destinationAddressPrefix: '*'
          destinationPortRange: '*'
        }
      }
    ]
  }
}

resource endpointRules 'Microsoft.Network/networkSecurityGroups@2024-05-01' = {
  name: '${namePrefix}-nsg-endpoints'
  location: location
  tags: tags
  properties: {
    securityRules: [
      {
        name: 'tls-from-the-network'
        properties: {
          access: 'Allow'
          direction: 'Inbound'
          priority: 100
          protocol: 'Tcp'
          sourceAddressPrefix: 'VirtualNetwork'
          sourcePortRange: '*'
          destinationAddressPrefix: '*'
          destinationPortRange: '443'
        }
      }
      {
        name: 'nothing-else-in'
        properties: {
          access: 'Deny'
          direction: 'Inbound'
          priority: 4096
          protocol: '*'
          sourceAddressPrefix: '*'
          sourcePortRange: '*'
          destinationAddressPrefix: '*'
          destinationPortRange: '*'
        }
      }
    ]
  }
}

resource outboundAddress 'Microsoft.Network/publicIPAddresses@2024-05-01' = if (fixedOutbound) {
  name: '${namePrefix}-nat-ip'
  location: location
  tags: tags
  sku: {
    name: 'Standard'
  }
  properties: {
    publicIPAllocationMethod: 'Static'
  }
}

resource outbound 'Microsoft.Network/natGateways@2024-05-01' = if (fixedOutbound) {
  name: '${namePrefix}-nat'
  location: location
  tags: tags
  sku: {
    name: 'Standard'
  }
  properties: {
    publicIpAddresses: [
      {
        id: outboundAddress.id
      }
    ]
  }
}

var appSubnets = [for app in apps: {
  name: app
  properties: {
    addressPrefix: addressPrefixes[app]
    networkSecurityGroup: {
      id: appRules.id
    }
    natGateway: fixedOutbound ? {
      id: outbound.id
    } : null
    routeTable: empty(routeTableId) ? null : {
      id: routeTableId
    }
    // An app that is reached from some public addresses alone knows its own calls by their subnet (app.bicep). A private one
    // finds itself by its endpoint: there this would only lead calls to others past routeTableId (docs/infra.md).
    serviceEndpoints: privateSites ? [] : [
      {
        service: 'Microsoft.Web'
      }
    ]
    delegations: [
      {
        name: 'flex-consumption'
        properties: {
          serviceName: 'Microsoft.App/environments'
        }
      }
    ]
  }
}]

resource network 'Microsoft.Network/virtualNetworks@2024-05-01' = {
  name: '${namePrefix}-vnet'
  location: location
  tags: tags
  properties: {
    addressSpace: {
      addressPrefixes: [ addressPrefixes.network ]
    }
    dhcpOptions: {
      dnsServers: dnsServers
    }
    subnets: concat(appSubnets, [
      {
        name: 'endpoints'
        properties: {
          addressPrefix: addressPrefixes.endpoints
          networkSecurityGroup: {
            id: endpointRules.id
          }
          privateEndpointNetworkPolicies: 'Enabled'
        }
      }
    ])
  }
}

resource peering 'Microsoft.Network/virtualNetworks/virtualNetworkPeerings@2024-05-01' = if (!empty(hubNetworkId)) {
  parent: network
  name: 'to-the-vaults'
  properties: {
    allowVirtualNetworkAccess: true
    allowForwardedTraffic: hubForwards
    allowGatewayTransit: false
    useRemoteGateways: hubGateway
    remoteVirtualNetwork: {
      id: hubNetworkId
    }
  }
}

// A network is linked to one zone of a name: where there are central ones, others would be refused or would hide them.
var makesZones = empty(existingZoneIds)

resource dnsZones 'Microsoft.Network/privateDnsZones@2024-06-01' = [for zone in zones: if (makesZones) {
  name: zone
  location: 'global'
  tags: tags
}]

resource dnsLinks 'Microsoft.Network/privateDnsZones/virtualNetworkLinks@2024-06-01' = [for (zone, i) in zones: if (makesZones) {
  parent: dnsZones[i]
  name: '${namePrefix}-vnet'
  location: 'global'
  tags: tags
  properties: {
    registrationEnabled: false
    resolutionPolicy: zone == vaultZone ? 'NxDomainRedirect' : 'Default'
    virtualNetwork: {
      id: network.id
    }
  }
}]

module otherLinks 'zone-links.bicep' = [for networkId in zoneNetworkIds: if (makesZones) {
  name: 'zone-links-${uniqueString(networkId)}'
  dependsOn: [ dnsZones ]
  params: {
    networkId: networkId
    zoneNames: zones
    tags: tags
  }
}]

output subnetIds object = {
  watch: '${network.id}/subnets/watch'
  rotate: '${network.id}/subnets/rotate'
  recover: '${network.id}/subnets/recover'
  endpoints: '${network.id}/subnets/endpoints'
}

var usedZoneIds = makesZones ? {
  blob: dnsZones[0].id
  queue: dnsZones[1].id
  table: dnsZones[2].id
  vault: dnsZones[3].id
  sites: privateSites ? dnsZones[4].id : ''
} : existingZoneIds

// Each by its name: a zone that existingZoneIds leaves out ends the deployment here.
output zoneIds object = {
  blob: usedZoneIds.blob
  queue: usedZoneIds.queue
  table: usedZoneIds.table
  vault: usedZoneIds.vault
  sites: privateSites ? usedZoneIds.sites : ''
}
