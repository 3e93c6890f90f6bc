metadata name = 'Links of one more network'
metadata description = 'Lets a network of others ask the private DNS zones: people, runners and DNS servers there find what has a private endpoint.'

param networkId string

@description('Of zones in this resource group.')
param zoneNames array

param tags object

resource dnsZones 'Microsoft.Network/privateDnsZones@2024-06-01' existing = [for zone in zoneNames: {
  name: zone
}]

// Names that these zones do not have are looked for on the internet, as that network did before: it may use vaults and
// accounts of its own whose private endpoints are elsewhere.
resource links 'Microsoft.Network/privateDnsZones/virtualNetworkLinks@2024-06-01' = [for (zone, i) in zoneNames: {
  parent: dnsZones[i]
  // By its id, not by its place in a list: a link's network cannot be changed.
  name: guid(networkId)
  location: 'global'
  tags: tags
  properties: {
    registrationEnabled: false
    resolutionPolicy: 'NxDomainRedirect'
    virtualNetwork: {
      id: networkId
    }
  }
}]
