using 'main.bicep'

// A few clusters, one team without a VPN into this network. So routes and deployments are reached from the internet, from
// these addresses alone, with Entra tokens and function keys. Storage is not. With a VPN, or a network that is peered and in
// zoneNetworkIds, leave both out.
param publicHttp = true
param httpAddresses = [ '203.0.113.7/32' ]

param namePrefix = 'sealwatch'

param fleetWriters = [ '00000000-0000-0000-0000-000000000001' ]

param alertEmails = [ 'platform@example.com' ]

// infra/entra.sh prints these four.
param entraClientIds = [ '00000000-0000-0000-0000-000000000002' ]
param watchAudience = '00000000-0000-0000-0000-000000000007'
param rotateAudience = '00000000-0000-0000-0000-000000000003'
param recoverAudience = '00000000-0000-0000-0000-000000000004'

param endpointHosts = [ 'hooks.slack.com' ]

// What fleet.yaml may name in login.audience: infra/entra.sh --vaults prints each.
param loginAudiences = []

param keyVaults = {
  watch: [ 'https://kv-sealwatch.vault.azure.net' ]
  rotate: []
  recover: []
}

param maximumInstances = {
  watch: 40
  rotate: 40
  recover: 40
}

param instanceMemoryMB = 512

param monthlyBudget = 100
// First day of the month of the first deployment; the same ever after. Azure takes no earlier month, and no change.
param budgetStart = '2026-12-01'
