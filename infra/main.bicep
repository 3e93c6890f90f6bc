metadata name = 'Sealwatch'
metadata description = 'Three apps, their identities and their state. Custodians of shares (custodian.bicep) and Vault\'s own seal (seal.bicep) are deployments of other owners.'

@description('Begins the name of everything: 3 to 10 letters and digits.')
@minLength(3)
@maxLength(10)
param namePrefix string = 'sealwatch'

param location string = resourceGroup().location
param tags object = {}

@description('Object ids of groups that may write fleet.yaml. No app is one.')
param fleetWriters array

@description('Object ids of groups that import shares: they make blobs of escrow, and read them (docs/escrow.md).')
param importers array = []

@description('Object ids of groups that break glass while storage is up (docs/escrow.md). Best with members by PIM only.')
param breakGlass array = []

@description('Mail addresses that are told when Sealwatch itself fails.')
param alertEmails array

// Entra (infra/entra.sh prints these)
param entraTenantId string = tenant().tenantId

@description('Application ids of the clients that people sign in with.')
param entraClientIds array = []

@description('Application id of the registration of watch. Empty: its status is shown to whoever has its function key, and to nobody else.')
param watchAudience string = ''

@description('Application id of the registration of rotate. Empty: nobody has access to its routes.')
param rotateAudience string = ''

@description('Application id of the registration of recover. Empty: nobody has access to its routes.')
param recoverAudience string = ''

// What fleet.yaml cannot widen (DESIGN, rule 16)
@description('Key Vaults that references may read, per app: {watch, rotate, recover} of arrays of https://NAME.vault.azure.net.')
param keyVaults object = {
  watch: []
  rotate: []
  recover: []
}

@description('Key Vaults whose keys hold shares.')
param escrowVaults array = []

@description('Key Vaults whose keys unseal clusters.')
param sealVaults array = []

@description('Hosts that a seal\'s token may be sent to.')
param sealHosts array = []

@description('Key Vaults whose secrets rotate may write.')
param sinkVaults array = []

@description('Hosts that are told of a new credential.')
param sinkHosts array = []

@description('Hosts that messages and the heartbeat go to.')
param endpointHosts array = []

@description('Audiences that logins to Vaults may name, exactly as in fleet.yaml (infra/entra.sh --vaults prints each). None: no login by an app\'s identity.')
param loginAudiences array = []

@description('Where docs/runbooks are published. Empty: messages name the page without a link.')
param runbooks string = ''

// None slower: "no sweep in 5 minutes" (watching.bicep) must mean that sweeps fail, not that none was due.
@description('When watch sweeps: every 10, 15, 20 or 30 seconds, every minute or every two.')
@allowed([ '*/10 * * * * *', '*/15 * * * * *', '*/20 * * * * *', '*/30 * * * * *', '0 * * * * *', '0 */2 * * * *' ])
param schedule string = '*/30 * * * * *'

@allowed([ 'info', 'warn', 'error' ])
param logLevel string = 'info'

// Size
@description('Instances of watch\'s timer that never go. With none each sweep may wait for a cold start; a second has nothing to do, for one timer runs at a time.')
@minValue(1)
param watchAlwaysReady int = 1

@description('Instances of probe-cluster that never go: workers of a fleet that is swept in batches (docs/infra.md). The others come and go with the queue.')
@minValue(0)
@maxValue(40)
param workersAlwaysReady int = 0

@description('At most so many instances, per app.')
param maximumInstances object = {
  watch: 40
  rotate: 40
  recover: 40
}

@description('Messages that one instance of watch takes at once, of each queue: batches of a large fleet, nudges, notifications. Two more run beside them at most (newBatchThreshold of functions/watch/host.json).')
@minValue(1)
@maxValue(32)
param batchesAtOnce int = 4

@allowed([ 512, 2048, 4096 ])
param instanceMemoryMB int = 2048

@description('Over the zones of the region, where it has them.')
param zoneRedundant bool = false

// Network
@description('The network, and in it a /26 or more for each app and for the private endpoints.')
param addressPrefixes object = {
  network: '10.113.0.0/24'
  watch: '10.113.0.0/26'
  rotate: '10.113.0.64/26'
  recover: '10.113.0.128/26'
  endpoints: '10.113.0.192/26'
}

@description('DNS servers that know the names of your Vaults, and ask Azure\'s resolver for the rest from a network of zoneNetworkIds. Empty: those of Azure.')
param dnsServers array = []

@description('Network of your Vaults, to peer with. Empty: none.')
param hubNetworkId string = ''

@description('Takes in what the hub passes on from other networks: where a firewall there stands before your Vaults.')
param hubForwards bool = false

@description('Goes by the VPN or ExpressRoute gateway of the hub; the peering from its side allows gateway transit.')
param hubGateway bool = false

@description('Route table of the apps\' subnets: where their way to the Vaults is a firewall. Empty: none.')
param routeTableId string = ''

@description('Networks that ask the private DNS zones, too: of people and runners, and of the servers in dnsServers. A network without a link is told public addresses, peered or not.')
param zoneNetworkIds array = []

@description('Private DNS zones that are there already, to use instead of new ones: {blob, queue, table, vault}, and sites with publicHttp: false. Their owner links them, and zoneNetworkIds does nothing.')
param existingZoneIds object = {}

@description('Whether the apps\' routes and deployments are reached from the internet. If not: by private endpoints. Storage never is.')
param publicHttp bool = false

@description('With publicHttp: the public addresses or ranges (203.0.113.7/32) that reach them. Empty: all.')
param httpAddresses array = []

param fixedOutbound bool = false

// State
@allowed([ 'Standard_ZRS', 'Standard_GZRS' ])
param dataSku string = 'Standard_ZRS'

param escrowDays int = 365
param auditDays int = 365

@description('True in every deployment after a person locked the immutability of escrow and audit (docs/infra.md).')
param immutabilityLocked bool = false

param logDays int = 90

// Cost and deployment
param monthlyBudget int = 0

@description('First day of the month of the first deployment with a budget, yyyy-MM-01. Azure takes no earlier month for a new budget and no other date for one that is there: give later deployments the same.')
param budgetStart string = utcNow('yyyy-MM-01')

@description('OWNER/NAME on GitHub whose environments deploy the apps: they need reviewers (docs/deploy.md). Empty: no deployers.')
param githubRepository string = ''

@description('How the subject of its tokens begins. Of repositories made, renamed or moved after 15 July 2026 it has ids, repo:OWNER@ID/NAME@ID: docs/deploy.md has the command that shows it.')
param githubSubject string = 'repo:${githubRepository}'

var suffix = uniqueString(resourceGroup().id, namePrefix)
var apps = [ 'watch', 'rotate', 'recover' ]

// Timer and queue functions scale apart, each on instances of its own: the timer is what must never wait for a cold start.
var alwaysReady = {
  watch: concat([
    {
      name: 'function:probe'
      instanceCount: watchAlwaysReady
    }
  ], workersAlwaysReady == 0 ? [] : [
    {
      name: 'function:probe-cluster'
      instanceCount: workersAlwaysReady
    }
  ])
  rotate: []
  recover: []
}

resource identities 'Microsoft.ManagedIdentity/userAssignedIdentities@2023-01-31' = [for app in apps: {
  name: '${namePrefix}-${app}'
  location: location
  tags: tags
}]

module network 'modules/network.bicep' = {
  name: 'network'
  params: {
    namePrefix: namePrefix
    location: location
    tags: tags
    addressPrefixes: addressPrefixes
    dnsServers: dnsServers
    hubNetworkId: hubNetworkId
    hubForwards: hubForwards
    hubGateway: hubGateway
    routeTableId: routeTableId
    zoneNetworkIds: zoneNetworkIds
    existingZoneIds: existingZoneIds
    privateSites: !publicHttp
    fixedOutbound: fixedOutbound
  }
}

module monitoring 'modules/monitoring.bicep' = {
  name: 'monitoring'
  params: {
    namePrefix: namePrefix
    location: location
    tags: tags
    alertEmails: alertEmails
    retentionDays: logDays
  }
}

module data 'modules/data-storage.bicep' = {
  name: 'data-storage'
  params: {
    name: 'swdata${suffix}'
    location: location
    tags: tags
    skuName: dataSku
    escrowDays: escrowDays
    auditDays: auditDays
    immutabilityLocked: immutabilityLocked
    subnetId: network.outputs.subnetIds.endpoints
    zoneIds: network.outputs.zoneIds
    workspaceId: monitoring.outputs.workspaceId
  }
}

module settings 'modules/settings.bicep' = {
  name: 'settings'
  params: {
    storage: {
      table: data.outputs.tableUri
      blob: data.outputs.blobUri
      queue: data.outputs.queueUri
    }
    schedule: schedule
    batchesAtOnce: batchesAtOnce
    logLevel: logLevel
    runbooks: runbooks
    keyVaults: keyVaults
    escrowVaults: escrowVaults
    sealVaults: sealVaults
    sealHosts: sealHosts
    sinkVaults: sinkVaults
    sinkHosts: sinkHosts
    endpointHosts: endpointHosts
    loginAudiences: loginAudiences
    entraTenantId: entraTenantId
    entraClientIds: entraClientIds
    audiences: {
      watch: watchAudience
      rotate: rotateAudience
      recover: recoverAudience
    }
  }
}

module access 'modules/access.bicep' = {
  name: 'access'
  params: {
    accountName: data.outputs.name
    fleetWriters: fleetWriters
    importers: importers
    breakGlass: breakGlass
    principals: {
      watch: identities[0].properties.principalId
      rotate: identities[1].properties.principalId
      recover: identities[2].properties.principalId
    }
  }
}

module hostStorage 'modules/host-storage.bicep' = [for (app, i) in apps: {
  name: 'host-storage-${app}'
  params: {
    name: 'sw${app}${suffix}'
    location: location
    tags: tags
    principalId: identities[i].properties.principalId
  }
}]

// Endpoints are made one after another, those of the data account first: of two at once in one subnet Azure refuses one
// now and then. What they lead to is made side by side.
@batchSize(1)
module hostEndpoints 'modules/private-endpoint.bicep' = [for (app, i) in apps: {
  name: 'host-storage-${app}-blob'
  dependsOn: [ data ]
  params: {
    name: '${hostStorage[i].outputs.name}-blob-pe'
    location: location
    tags: tags
    subnetId: network.outputs.subnetIds.endpoints
    targetId: hostStorage[i].outputs.id
    groupId: 'blob'
    zoneId: network.outputs.zoneIds.blob
  }
}]

module functionApps 'modules/app.bicep' = [for (app, i) in apps: {
  name: 'app-${app}'
  // The host finds its storage at its first start.
  dependsOn: [ access, hostEndpoints ]
  params: {
    name: '${namePrefix}-${app}-${suffix}'
    location: location
    tags: tags
    azdServiceName: app
    identity: {
      id: identities[i].id
      clientId: identities[i].properties.clientId
      principalId: identities[i].properties.principalId
    }
    hostStorageName: hostStorage[i].outputs.name
    packagesUrl: hostStorage[i].outputs.packagesUrl
    settings: settings.outputs.of[app]
    alwaysReady: alwaysReady[app]
    maximumInstances: maximumInstances[app]
    instanceMemoryMB: instanceMemoryMB
    zoneRedundant: zoneRedundant
    subnetId: network.outputs.subnetIds[app]
    publicHttp: publicHttp
    httpAddresses: publicHttp ? httpAddresses : []
    workspaceId: monitoring.outputs.workspaceId
  }
}]

@batchSize(1)
module siteEndpoints 'modules/private-endpoint.bicep' = [for (app, i) in apps: if (!publicHttp) {
  name: 'app-${app}-sites'
  params: {
    name: '${functionApps[i].outputs.name}-pe'
    location: location
    tags: tags
    subnetId: network.outputs.subnetIds.endpoints
    targetId: functionApps[i].outputs.id
    groupId: 'sites'
    zoneId: network.outputs.zoneIds.sites
  }
}]

module watching 'modules/watching.bicep' = {
  name: 'watching'
  params: {
    namePrefix: namePrefix
    location: location
    tags: tags
    workspaceId: monitoring.outputs.workspaceId
    actionGroupId: monitoring.outputs.actionGroupId
    watchInsightsId: functionApps[0].outputs.insightsId
    insightsIds: [ functionApps[0].outputs.insightsId, functionApps[1].outputs.insightsId, functionApps[2].outputs.insightsId ]
    monthlyBudget: monthlyBudget
    budgetStart: budgetStart
    alertEmails: alertEmails
  }
}

module deployers 'modules/deployer.bicep' = [for (app, i) in apps: if (!empty(githubRepository)) {
  name: 'deployer-${app}'
  params: {
    name: '${namePrefix}-deploys-${app}'
    location: location
    tags: tags
    appName: functionApps[i].outputs.name
    repository: githubRepository
    subjectPrefix: githubSubject
    environmentName: 'sealwatch-${app}'
  }
}]

@description('What the owners of Vaults and custodians need: object and client ids of the identities, and the apps\' names.')
output apps array = [for (app, i) in apps: {
  app: app
  name: functionApps[i].outputs.name
  hostName: functionApps[i].outputs.hostName
  principalId: identities[i].properties.principalId
  clientId: identities[i].properties.clientId
}]

@description('Account of all state. docs/deploy.md puts fleet.yaml into its container "fleet".')
output dataAccount string = data.outputs.name

output fleetUrl string = '${data.outputs.blobUri}/fleet/fleet.yaml'
output endpointSubnetId string = network.outputs.subnetIds.endpoints
output vaultZoneId string = network.outputs.zoneIds.vault

@description('Where logs go: those of a Key Vault of this team\'s secrets, too.')
output workspaceId string = monitoring.outputs.workspaceId
