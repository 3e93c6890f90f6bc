using 'main.bicep'

// Thousands of nodes: batches on many instances, state in a second region, apps over the zones of this one. Nothing is
// reached from outside: people, and the runner that deploys, are in the hub: the network that this one is peered with, and
// that is linked to its private DNS zones.
// Packages may not arrive as long as that is so: docs/deploy.md, "Packages for private apps".

param namePrefix = 'sealwatch'

param fleetWriters = [ '00000000-0000-0000-0000-000000000001' ]

param alertEmails = [ 'platform@example.com', 'on-call@example.com' ]

param entraClientIds = [ '00000000-0000-0000-0000-000000000002' ]
param watchAudience = '00000000-0000-0000-0000-000000000007'
param rotateAudience = '00000000-0000-0000-0000-000000000003'
param recoverAudience = '00000000-0000-0000-0000-000000000004'

// Workers that keep their connections between sweeps; the rest come with the queue.
param workersAlwaysReady = 2

param maximumInstances = {
  watch: 200
  rotate: 40
  recover: 40
}

param instanceMemoryMB = 4096

param zoneRedundant = true

param dataSku = 'Standard_GZRS'

// An address per Vault and instance: a /23 for watch.
param addressPrefixes = {
  network: '10.40.0.0/22'
  watch: '10.40.0.0/23'
  rotate: '10.40.2.0/26'
  recover: '10.40.2.64/26'
  endpoints: '10.40.2.128/26'
}

param hubNetworkId = '/subscriptions/00000000-0000-0000-0000-00000000000a/resourceGroups/hub/providers/Microsoft.Network/virtualNetworks/hub'
param zoneNetworkIds = [ '/subscriptions/00000000-0000-0000-0000-00000000000a/resourceGroups/hub/providers/Microsoft.Network/virtualNetworks/hub' ]

param endpointHosts = [ 'events.pagerduty.com', 'hooks.slack.com' ]

// What fleet.yaml names in login.audience, a registration a trust domain: infra/entra.sh --vaults prints each.
param loginAudiences = [ 'api://00000000-0000-0000-0000-000000000005', 'api://00000000-0000-0000-0000-000000000006' ]

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

param escrowVaults = [ 'https://kv-custodian-a.vault.azure.net', 'https://kv-custodian-b.vault.azure.net', 'https://kv-custodian-c.vault.azure.net' ]

param logDays = 365

param githubRepository = 'example/vault-operations'

param monthlyBudget = 2000
// First day of the month of the first deployment; the same ever after. Azure takes no earlier month, and no change.
param budgetStart = '2026-12-01'
