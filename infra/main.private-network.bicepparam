using 'main.bicep'

// Vaults in a network without internet: nothing of Sealwatch is reached from outside. People, and the runner that
// deploys, are in the hub: the network that this one is peered with, and that is linked to its private DNS zones.
// Packages may not arrive as long as that is so: docs/deploy.md, "Packages for private apps".

param namePrefix = 'sealwatch'

param fleetWriters = [ '00000000-0000-0000-0000-000000000001' ]

param alertEmails = [ 'platform@example.com' ]

param entraClientIds = [ '00000000-0000-0000-0000-000000000002' ]
param watchAudience = '00000000-0000-0000-0000-000000000007'
param rotateAudience = '00000000-0000-0000-0000-000000000003'
param recoverAudience = '00000000-0000-0000-0000-000000000004'

param addressPrefixes = {
  network: '10.20.4.0/24'
  watch: '10.20.4.0/26'
  rotate: '10.20.4.64/26'
  recover: '10.20.4.128/26'
  endpoints: '10.20.4.192/26'
}

param hubNetworkId = '/subscriptions/00000000-0000-0000-0000-00000000000a/resourceGroups/hub/providers/Microsoft.Network/virtualNetworks/hub'

// They are in the hub, and forward what they do not know to Azure's own resolver (168.63.129.16). It answers by the links
// of the network that asks, which is theirs: without zoneNetworkIds no app would find its storage.
param dnsServers = [ '10.20.0.4', '10.20.0.5' ]

param zoneNetworkIds = [ '/subscriptions/00000000-0000-0000-0000-00000000000a/resourceGroups/hub/providers/Microsoft.Network/virtualNetworks/hub' ]

// Where the hub is linked to central privatelink zones already, Azure refuses it a second zone of a name. Then give theirs:
// param existingZoneIds = { blob: '…', queue: '…', table: '…', vault: '…', sites: '…' }

// Where the Vaults are behind a firewall of the hub, or behind its VPN or ExpressRoute gateway:
// param routeTableId = '…'
// param hubForwards = true
// param hubGateway = true

param fixedOutbound = true

param endpointHosts = [ 'hooks.example.com' ]

// What fleet.yaml names in login.audience: infra/entra.sh --vaults prints each.
param loginAudiences = [ 'api://00000000-0000-0000-0000-000000000005' ]

// Vaults of the secrets that fleet.yaml refers to as keyvault:…, per app. Those of hooks are watch's.
param keyVaults = {
  watch: [ 'https://kv-sealwatch.vault.azure.net' ]
  rotate: []
  recover: []
}

// Where rotate looks after seals and writes new credentials: docs/rotation.md.
// param sealVaults = [ 'https://kv-seal.vault.azure.net' ]
// param sealHosts = [ 'vault-root.example.com:8200' ]
// param sinkVaults = [ 'https://kv-sink.vault.azure.net' ]
// param sinkHosts = [ 'deploy.example.com' ]

param escrowVaults = [ 'https://kv-custodian-a.vault.azure.net', 'https://kv-custodian-b.vault.azure.net' ]

param githubRepository = 'example/vault-operations'

param monthlyBudget = 300
// First day of the month of the first deployment; the same ever after. Azure takes no earlier month, and no change.
param budgetStart = '2026-12-01'
