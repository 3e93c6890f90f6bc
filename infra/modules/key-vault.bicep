metadata name = 'Key vault'
metadata description = 'A Key Vault that cannot be purged, reached by roles and private endpoints, that logs every call.'

@description('3 to 24 letters, digits and dashes; of all Azure.')
param name string

param location string

param tags object

@description('Keys in hardware (premium).')
param hsm bool

@description('Public addresses or ranges that reach it, too: of people who break glass from outside. Empty: none.')
param allowedAddresses array

@description('Enabled where there are such addresses, and only for them.')
@allowed([ 'Disabled', 'Enabled' ])
param publicAccess string

@description('Of private endpoints, in the network of who uses it. Empty: no private endpoint.')
param endpointSubnetId string

@description('privatelink.vaultcore.azure.net of that network.')
param vaultZoneId string

@description('Region of that network: an endpoint is where its subnet is.')
param endpointLocation string = location

@description('Log Analytics workspace of the vault\'s owner.')
param workspaceId string

resource vault 'Microsoft.KeyVault/vaults@2023-07-01' = {
  name: name
  location: location
  tags: tags
  properties: {
    // checkov:skip=CKV_AZURE_189: closed unless its owner names addresses of people who break glass from outside
    tenantId: tenant().tenantId
    sku: {
      family: 'A'
      name: hsm ? 'premium' : 'standard'
    }
    enableRbacAuthorization: true
    enableSoftDelete: true
    enablePurgeProtection: true
    softDeleteRetentionInDays: 90
    enabledForDeployment: false
    enabledForDiskEncryption: false
    enabledForTemplateDeployment: false
    publicNetworkAccess: publicAccess
    networkAcls: {
      bypass: 'None'
      defaultAction: 'Deny'
      ipRules: [for address in allowedAddresses: {
        value: address
      }]
    }
  }
}

resource log 'Microsoft.Insights/diagnosticSettings@2021-05-01-preview' = {
  scope: vault
  name: 'every-call'
  properties: {
    workspaceId: workspaceId
    logAnalyticsDestinationType: 'Dedicated'
    logs: [
      {
        category: 'AuditEvent'
        enabled: true
      }
    ]
  }
}

module endpoint 'private-endpoint.bicep' = if (!empty(endpointSubnetId)) {
  name: '${name}-vault'
  params: {
    name: '${name}-pe'
    location: endpointLocation
    tags: tags
    subnetId: endpointSubnetId
    targetId: vault.id
    groupId: 'vault'
    zoneId: vaultZoneId
  }
}

output name string = vault.name
output uri string = vault.properties.vaultUri
