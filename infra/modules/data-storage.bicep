metadata name = 'Data storage'
metadata description = 'The one account of Sealwatch\'s own state: tables, queues and containers. Who may do what with them is access.bicep.'

@description('3 to 24 letters and digits.')
param name string

param location string

param tags object

@description('Standard_ZRS, or Standard_GZRS for a copy in another region.')
param skuName string

@description('How long a blob of escrow cannot be deleted or overwritten by anybody once a person locked the policy, days.')
@minValue(1)
param escrowDays int

@description('The same, of audit blobs, days.')
@minValue(1)
param auditDays int

@description('A person locked the policies: from then on they can only be extended, and no deployment may write them.')
param immutabilityLocked bool

param subnetId string

@description('Of blob, queue and table.')
param zoneIds object

@description('Log Analytics workspace.')
param workspaceId string

var tables = [
  'live'
  'history'
  'acknowledgements'
  'rotations'
  'readiness'
  'recoveries'
  'approvals'
  'holds'
  'generations'
  'starts'
]

var queues = [
  'notify'
  'notify-poison'
  'probe'
  'probe-poison'
  'turns'
  'turns-poison'
  'steps'
  'steps-poison'
]

// Blobs that change: the fleet file by its people, observations by each sweep.
var changing = [
  'fleet'
  'observations'
]

// Blobs that are made once. The role of their app can create and not overwrite; the policy says the same to everybody.
var kept = [
  {
    name: 'escrow'
    days: escrowDays
  }
  {
    name: 'audit-rotate'
    days: auditDays
  }
  {
    name: 'audit-recover'
    days: auditDays
  }
]

resource account 'Microsoft.Storage/storageAccounts@2024-01-01' = {
  name: name
  location: location
  tags: tags
  kind: 'StorageV2'
  sku: {
    name: skuName
  }
  properties: {
    // checkov:skip=CKV_AZURE_36: no Microsoft service reaches it past the private endpoints, trusted or not
    // checkov:skip=CKV_AZURE_206: a second region is a parameter (skuName)
    accessTier: 'Hot'
    allowBlobPublicAccess: false
    allowCrossTenantReplication: false
    allowSharedKeyAccess: false
    defaultToOAuthAuthentication: true
    minimumTlsVersion: 'TLS1_2'
    publicNetworkAccess: 'Disabled'
    supportsHttpsTrafficOnly: true
    encryption: {
      keySource: 'Microsoft.Storage'
      requireInfrastructureEncryption: true
    }
    networkAcls: {
      bypass: 'None'
      defaultAction: 'Deny'
    }
  }
}

resource lock 'Microsoft.Authorization/locks@2020-05-01' = {
  scope: account
  name: 'escrow-is-in-here'
  properties: {
    level: 'CanNotDelete'
    notes: 'Holds encrypted key shares and the audit of what was done with them.'
  }
}

resource blobService 'Microsoft.Storage/storageAccounts/blobServices@2024-01-01' = {
  parent: account
  name: 'default'
  properties: {
    isVersioningEnabled: true
    // Of versions, too: what is kept longest of a blob that each sweep overwrites (docs/infra.md counts it).
    deleteRetentionPolicy: {
      enabled: true
      days: 7
    }
    containerDeleteRetentionPolicy: {
      enabled: true
      days: 30
    }
  }
}

resource queueService 'Microsoft.Storage/storageAccounts/queueServices@2024-01-01' = {
  parent: account
  name: 'default'
}

resource tableService 'Microsoft.Storage/storageAccounts/tableServices@2024-01-01' = {
  parent: account
  name: 'default'
}

resource tableOf 'Microsoft.Storage/storageAccounts/tableServices/tables@2024-01-01' = [for table in tables: {
  parent: tableService
  name: table
}]

resource queueOf 'Microsoft.Storage/storageAccounts/queueServices/queues@2024-01-01' = [for queue in queues: {
  parent: queueService
  name: queue
}]

resource changingOf 'Microsoft.Storage/storageAccounts/blobServices/containers@2024-01-01' = [for container in changing: {
  parent: blobService
  name: container
  properties: {
    publicAccess: 'None'
  }
}]

resource keptOf 'Microsoft.Storage/storageAccounts/blobServices/containers@2024-01-01' = [for container in kept: {
  parent: blobService
  name: container.name
  properties: {
    publicAccess: 'None'
  }
}]

// Left unlocked: locking cannot be undone and no template does it (docs/infra.md says how and when). Of a locked policy
// Azure takes an extension and refuses every other write, of the same days, too.
resource keptFor 'Microsoft.Storage/storageAccounts/blobServices/containers/immutabilityPolicies@2024-01-01' = [for (container, i) in kept: if (!immutabilityLocked) {
  parent: keptOf[i]
  name: 'default'
  properties: {
    immutabilityPeriodSinceCreationInDays: container.days
    allowProtectedAppendWrites: false
  }
}]

// Versions are kept of the whole account; each sweep overwrites the latest observations, which nobody needs back.
resource lifecycle 'Microsoft.Storage/storageAccounts/managementPolicies@2024-01-01' = {
  parent: account
  name: 'default'
  properties: {
    policy: {
      rules: [
        {
          name: 'old-observations'
          enabled: true
          type: 'Lifecycle'
          definition: {
            filters: {
              blobTypes: [ 'blockBlob' ]
              prefixMatch: [ 'observations/' ]
            }
            actions: {
              version: {
                delete: {
                  daysAfterCreationGreaterThan: 0
                }
              }
            }
          }
        }
      ]
    }
  }
}

// Who wrote or deleted a blob: escrow, audit, the fleet file. Reads are not kept: each app reads the fleet file all day.
resource blobLog 'Microsoft.Insights/diagnosticSettings@2021-05-01-preview' = {
  scope: blobService
  name: 'writes'
  properties: {
    workspaceId: workspaceId
    logs: [
      {
        category: 'StorageWrite'
        enabled: true
      }
      {
        category: 'StorageDelete'
        enabled: true
      }
    ]
  }
}

// One after another, and after what else is written to the account: each takes it for itself, and Azure refuses a second
// one (StorageAccountOperationInProgress).
@batchSize(1)
module endpoints 'private-endpoint.bicep' = [for part in [ 'blob', 'queue', 'table' ]: {
  name: '${name}-${part}'
  dependsOn: [ blobService, lifecycle ]
  params: {
    name: '${name}-${part}-pe'
    location: location
    tags: tags
    subnetId: subnetId
    targetId: account.id
    groupId: part
    zoneId: zoneIds[part]
  }
}]

output name string = account.name
// Without the slash at the end that primaryEndpoints have.
output blobUri string = 'https://${account.name}.blob.${environment().suffixes.storage}'
output queueUri string = 'https://${account.name}.queue.${environment().suffixes.storage}'
output tableUri string = 'https://${account.name}.table.${environment().suffixes.storage}'
