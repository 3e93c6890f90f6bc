metadata name = 'Settings'
metadata description = 'What each app is told, and nothing that it does not use. Makes nothing. test/infra/settings.test.ts compares it with what the code reads.'

@description('Addresses of the data account: {table, blob, queue}.')
param storage object

param schedule string

@description('Messages of a queue that one instance of watch takes at once: 1 to 32.')
param batchesAtOnce int

param logLevel string

param runbooks string

param keyVaults object

param escrowVaults array

param sealVaults array

param sealHosts array

param sinkVaults array

param sinkHosts array

param endpointHosts array

param loginAudiences array

param entraTenantId string

param entraClientIds array

@description('{watch, rotate, recover}; empty: nobody has access to its routes for people.')
param audiences object

// Every app checks the whole of fleet.yaml, and that names the custodians' vaults and the audiences of logins.
var everyAppSettings = [
  { name: 'SEALWATCH_STORAGE__tableServiceUri', value: storage.table }
  { name: 'SEALWATCH_STORAGE__blobServiceUri', value: storage.blob }
  { name: 'SEALWATCH_STORAGE__queueServiceUri', value: storage.queue }
  { name: 'SEALWATCH_FLEET', value: '${storage.blob}/fleet/fleet.yaml' }
  { name: 'SEALWATCH_LOG_LEVEL', value: logLevel }
  { name: 'SEALWATCH_ESCROW_VAULTS', value: join(escrowVaults, ',') }
  { name: 'SEALWATCH_LOGIN_AUDIENCES', value: join(loginAudiences, ',') }
]

var watchSettings = concat(everyAppSettings, [
  { name: 'SEALWATCH_SCHEDULE', value: schedule }
  // The Functions host's: instead of extensions.queues.batchSize of functions/watch/host.json.
  { name: 'AzureFunctionsJobHost__extensions__queues__batchSize', value: string(batchesAtOnce) }
  // glibc's, for what it holds back: buffers of a sweep's many answers go back to the system (docs/scale.md).
  { name: 'MALLOC_ARENA_MAX', value: '2' }
  { name: 'MALLOC_TRIM_THRESHOLD_', value: '131072' }
  { name: 'MALLOC_MMAP_THRESHOLD_', value: '32768' }
  { name: 'SEALWATCH_KEY_VAULTS', value: join(keyVaults.watch, ',') }
  { name: 'SEALWATCH_ENDPOINT_HOSTS', value: join(endpointHosts, ',') }
], runbooks == '' ? [] : [
  { name: 'SEALWATCH_RUNBOOKS', value: runbooks }
], audiences.watch == '' ? [] : [
  { name: 'SEALWATCH_ENTRA_TENANT', value: entraTenantId }
  { name: 'SEALWATCH_ENTRA_CLIENTS', value: join(entraClientIds, ',') }
  { name: 'SEALWATCH_ENTRA_AUDIENCE', value: audiences.watch }
])

var rotateSettings = concat(everyAppSettings, [
  { name: 'SEALWATCH_KEY_VAULTS', value: join(keyVaults.rotate, ',') }
  { name: 'SEALWATCH_SEAL_VAULTS', value: join(sealVaults, ',') }
  { name: 'SEALWATCH_SEAL_HOSTS', value: join(sealHosts, ',') }
  { name: 'SEALWATCH_SINK_VAULTS', value: join(sinkVaults, ',') }
  { name: 'SEALWATCH_SINK_HOSTS', value: join(sinkHosts, ',') }
], audiences.rotate == '' ? [] : [
  { name: 'SEALWATCH_ENTRA_TENANT', value: entraTenantId }
  { name: 'SEALWATCH_ENTRA_CLIENTS', value: join(entraClientIds, ',') }
  { name: 'SEALWATCH_ENTRA_AUDIENCE', value: audiences.rotate }
])

var recoverSettings = concat(everyAppSettings, [
  { name: 'SEALWATCH_KEY_VAULTS', value: join(keyVaults.recover, ',') }
], audiences.recover == '' ? [] : [
  { name: 'SEALWATCH_ENTRA_TENANT', value: entraTenantId }
  { name: 'SEALWATCH_ENTRA_CLIENTS', value: join(entraClientIds, ',') }
  { name: 'SEALWATCH_ENTRA_AUDIENCE', value: audiences.recover }
])

output of object = {
  watch: watchSettings
  rotate: rotateSettings
  recover: recoverSettings
}
