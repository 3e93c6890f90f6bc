metadata name = 'Seal'
metadata description = 'Key Vault and key for Vault\'s own azurekeyvault seal. Its nodes get, wrap and unwrap with one key: no Owner, no rights in the directory.'

@description('3 to 24 letters, digits and dashes. vault_name of the seal stanza.')
param vaultName string

param location string = resourceGroup().location
param tags object = {}

@description('key_name of the seal stanza.')
param keyName string = 'vault-unseal'

@description('Object ids of the nodes\' identities: managed or workload identities, which have no secret to rotate.')
@minLength(1)
param nodePrincipalIds array

@description('Object id of rotate\'s identity, to look at the key\'s state, rights and protection. Empty: readiness judges less.')
param rotatePrincipalId string = ''

@description('Keys in hardware.')
param hsm bool = false

@description('In the nodes\' network: subnet of the private endpoint, and privatelink.vaultcore.azure.net as that network knows it.')
param endpointSubnetId string = ''
param vaultZoneId string = ''

@description('Region of the nodes\' network: an endpoint is where its subnet is.')
param endpointLocation string = location

@description('The same in Sealwatch\'s network (outputs endpointSubnetId and vaultZoneId of main.bicep), for rotate to look. Empty where that is the nodes\', or with no rotatePrincipalId.')
param rotateEndpointSubnetId string = ''
param rotateVaultZoneId string = ''

@description('Region of Sealwatch\'s network.')
param rotateEndpointLocation string = location

@description('Log Analytics workspace.')
param workspaceId string

// Key Vault Crypto Service Encryption User. Of keys: get, wrapKey, unwrapKey, all that the seal asks for. Besides, subscriptions
// to events of Event Grid (read, write, delete), by which no key is used.
var unseals = 'e147488a-f6f5-4113-8e2d-b22465e65bf6'
// Key Vault Reader and Reader: names and attributes, who has which role, no value of anything.
var looks = [ '21090545-7ca7-4776-b22c-e363652d74d2', 'acdd72a7-3385-48ef-bd42-f606fba81ae7' ]

module vault 'modules/key-vault.bicep' = {
  name: 'vault'
  params: {
    name: vaultName
    location: location
    tags: tags
    hsm: hsm
    allowedAddresses: []
    publicAccess: 'Disabled'
    endpointSubnetId: endpointSubnetId
    vaultZoneId: vaultZoneId
    endpointLocation: endpointLocation
    workspaceId: workspaceId
  }
}

// Azure makes a key once and updates none: a later deployment with another kind ("hsm"), size or policy is refused
// (KeyCreationParametersDidNotMatchExistingKey) or changes nothing. The policy of a key that is there:
// az keyvault key rotation-policy update --vault-name VAULT -n KEY --value FILE.json
//
// No rotation policy: Vault re-wraps with a new version only at a restart or a change of leader, which rotate sees to
// (docs/rotation.md). Old versions stay enabled as long as a snapshot of their day is kept.
resource key 'Microsoft.KeyVault/vaults/keys@2023-07-01' = {
  name: '${vaultName}/${keyName}'
  dependsOn: [ vault ]
  properties: {
    // checkov:skip=CKV_AZURE_112: hardware is a parameter (hsm)
    // checkov:skip=CKV_AZURE_40: a key that ends seals the whole cluster for good; seal-key-expiring warns where one does
    kty: hsm ? 'RSA-HSM' : 'RSA'
    keySize: 3072
    keyOps: [ 'wrapKey', 'unwrapKey' ]
    attributes: {
      enabled: true
      exportable: false
    }
  }
}

resource nodes 'Microsoft.Authorization/roleAssignments@2022-04-01' = [for node in nodePrincipalIds: {
  scope: key
  name: guid(key.id, node, unseals)
  properties: {
    principalId: node
    principalType: 'ServicePrincipal'
    roleDefinitionId: subscriptionResourceId('Microsoft.Authorization/roleDefinitions', unseals)
  }
}]

resource sealVault 'Microsoft.KeyVault/vaults@2023-07-01' existing = {
  name: vaultName
}

resource rotateLooks 'Microsoft.Authorization/roleAssignments@2022-04-01' = [for role in looks: if (!empty(rotatePrincipalId)) {
  scope: sealVault
  name: guid(sealVault.id, rotatePrincipalId, role)
  dependsOn: [ vault ]
  properties: {
    principalId: rotatePrincipalId
    principalType: 'ServicePrincipal'
    roleDefinitionId: subscriptionResourceId('Microsoft.Authorization/roleDefinitions', role)
  }
}]

module rotateEndpoint 'modules/private-endpoint.bicep' = if (!empty(rotateEndpointSubnetId)) {
  name: 'rotate-endpoint'
  dependsOn: [ vault ]
  params: {
    name: '${vaultName}-sealwatch-pe'
    location: rotateEndpointLocation
    tags: tags
    subnetId: rotateEndpointSubnetId
    targetId: sealVault.id
    groupId: 'vault'
    zoneId: rotateVaultZoneId
  }
}

output sealVaultUri string = vault.outputs.uri
