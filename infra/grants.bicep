metadata name = 'Grants'
metadata description = 'What an app may do in a Key Vault that others own: read a secret, write a sink\'s secret, rotate a key. Deployed by the vault\'s owner, one vault at a time, each right on one secret or key.'

@description('Of a vault in this resource group that works by roles (RBAC).')
param vaultName string

@description('Object id of the one app\'s identity (output "apps" of main.bicep).')
param principalId string

@description('Names of secrets that fleet.yaml refers to (keyvault:) and that this app resolves. Not those of another app.')
param readsSecrets array = []

@description('rotate only: names of secrets that it writes (sinks of kind keyVaultSecret).')
param writesSecrets array = []

@description('rotate only: names of keys that it makes new versions of (rotation.vaultKey with by: sealwatch).')
param rotatesKeys array = []

@description('Outputs of main.bicep, for a vault that is closed to the internet: a private endpoint of it in Sealwatch\'s network. Empty: it has one there already, or is reached without.')
param endpointSubnetId string = ''
param vaultZoneId string = ''

@description('Region of Sealwatch\'s network: an endpoint is where its subnet is.')
param endpointLocation string = resourceGroup().location

param tags object = {}

// Key Vault Secrets User
var secretReader = '4633458b-17de-408a-b874-0445c86b69e6'

resource vault 'Microsoft.KeyVault/vaults@2023-07-01' existing = {
  name: vaultName
}

// Not Key Vault Secrets Officer, which deletes, purges and backs up.
resource sinkWriter 'Microsoft.Authorization/roleDefinitions@2022-04-01' = if (!empty(writesSecrets)) {
  name: guid(resourceGroup().id, 'sealwatch-sink-writer')
  properties: {
    roleName: 'Sealwatch sink writer (${resourceGroup().name})'
    description: 'Gets, sets and updates a secret. Deletes none.'
    type: 'CustomRole'
    assignableScopes: [ resourceGroup().id ]
    permissions: [
      {
        actions: []
        notActions: []
        dataActions: [
          'Microsoft.KeyVault/vaults/secrets/getSecret/action'
          'Microsoft.KeyVault/vaults/secrets/setSecret/action'
          'Microsoft.KeyVault/vaults/secrets/readMetadata/action'
          'Microsoft.KeyVault/vaults/secrets/update/action'
        ]
        notDataActions: []
      }
    ]
  }
}

resource keyRotator 'Microsoft.Authorization/roleDefinitions@2022-04-01' = if (!empty(rotatesKeys)) {
  name: guid(resourceGroup().id, 'sealwatch-key-rotator')
  properties: {
    roleName: 'Sealwatch key rotator (${resourceGroup().name})'
    description: 'Looks at a key and makes a new version of it. Uses, disables and deletes none.'
    type: 'CustomRole'
    assignableScopes: [ resourceGroup().id ]
    permissions: [
      {
        actions: []
        notActions: []
        dataActions: [ 'Microsoft.KeyVault/vaults/keys/read', 'Microsoft.KeyVault/vaults/keys/rotate/action' ]
        notDataActions: []
      }
    ]
  }
}

resource readSecrets 'Microsoft.KeyVault/vaults/secrets@2023-07-01' existing = [for secret in readsSecrets: {
  parent: vault
  name: secret
}]

resource reads 'Microsoft.Authorization/roleAssignments@2022-04-01' = [for (secret, i) in readsSecrets: {
  scope: readSecrets[i]
  name: guid(vault.id, secret, principalId, secretReader)
  properties: {
    principalId: principalId
    principalType: 'ServicePrincipal'
    roleDefinitionId: subscriptionResourceId('Microsoft.Authorization/roleDefinitions', secretReader)
  }
}]

resource writtenSecrets 'Microsoft.KeyVault/vaults/secrets@2023-07-01' existing = [for secret in writesSecrets: {
  parent: vault
  name: secret
}]

resource writes 'Microsoft.Authorization/roleAssignments@2022-04-01' = [for (secret, i) in writesSecrets: {
  scope: writtenSecrets[i]
  name: guid(vault.id, secret, principalId, 'writes')
  properties: {
    principalId: principalId
    principalType: 'ServicePrincipal'
    roleDefinitionId: sinkWriter.id
  }
}]

resource rotatedKeys 'Microsoft.KeyVault/vaults/keys@2023-07-01' existing = [for key in rotatesKeys: {
  parent: vault
  name: key
}]

resource rotates 'Microsoft.Authorization/roleAssignments@2022-04-01' = [for (key, i) in rotatesKeys: {
  scope: rotatedKeys[i]
  name: guid(vault.id, key, principalId, 'rotates')
  properties: {
    principalId: principalId
    principalType: 'ServicePrincipal'
    roleDefinitionId: keyRotator.id
  }
}]

// One for all apps: each deployment for one of them names the same.
module endpoint 'modules/private-endpoint.bicep' = if (!empty(endpointSubnetId)) {
  name: '${vaultName}-endpoint'
  params: {
    name: '${vaultName}-sealwatch-pe'
    location: endpointLocation
    tags: tags
    subnetId: endpointSubnetId
    targetId: vault.id
    groupId: 'vault'
    zoneId: vaultZoneId
  }
}
