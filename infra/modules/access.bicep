metadata name = 'Access'
metadata description = 'Who may do what with tables, queues and containers: DESIGN\'s table "Three apps", as far as the code uses it. test/infra/access.test.ts compares all three.'

@description('The data account.')
param accountName string

@description('Object ids of the apps\' identities: watch, rotate, recover.')
param principals object

@description('Object ids of groups that write fleet.yaml. No app is one.')
param fleetWriters array

@description('Object ids of groups that import shares (docs/escrow.md).')
param importers array

@description('Object ids of groups that break glass (docs/escrow.md).')
param breakGlass array

// Each on one table, queue or container; none on the account.
var tableGrants = [
  { app: 'watch', table: 'live', access: 'write' }
  { app: 'watch', table: 'history', access: 'write' }
  { app: 'watch', table: 'acknowledgements', access: 'read' }
  { app: 'watch', table: 'rotations', access: 'read' }
  { app: 'watch', table: 'readiness', access: 'read' }
  { app: 'watch', table: 'recoveries', access: 'read' }
  { app: 'watch', table: 'holds', access: 'read' }
  { app: 'watch', table: 'generations', access: 'read' }
  { app: 'rotate', table: 'rotations', access: 'write' }
  { app: 'rotate', table: 'readiness', access: 'write' }
  { app: 'rotate', table: 'recoveries', access: 'read' }
  { app: 'rotate', table: 'holds', access: 'read' }
  { app: 'rotate', table: 'generations', access: 'read' }
  { app: 'recover', table: 'recoveries', access: 'write' }
  { app: 'recover', table: 'approvals', access: 'write' }
  { app: 'recover', table: 'holds', access: 'write' }
  { app: 'recover', table: 'generations', access: 'write' }
  { app: 'recover', table: 'starts', access: 'write' }
  { app: 'recover', table: 'live', access: 'read' }
]

// An app takes from its own queues and sends to them. The host gives back what failed (Update Message), and moves what
// failed five times to the poison queue.
var ownQueues = [
  { app: 'watch', queue: 'notify' }
  { app: 'watch', queue: 'notify-poison' }
  { app: 'watch', queue: 'probe' }
  { app: 'watch', queue: 'probe-poison' }
  { app: 'rotate', queue: 'turns' }
  { app: 'rotate', queue: 'turns-poison' }
  { app: 'recover', queue: 'steps' }
  { app: 'recover', queue: 'steps-poison' }
]

// Nudges: a message names a cluster and opens nothing.
var nudges = [
  { app: 'watch', queue: 'steps' }
  { app: 'rotate', queue: 'probe' }
  { app: 'recover', queue: 'probe' }
]

var containerGrants = [
  { app: 'watch', container: 'fleet', access: 'read' }
  { app: 'watch', container: 'observations', access: 'write' }
  { app: 'rotate', container: 'fleet', access: 'read' }
  { app: 'rotate', container: 'audit-rotate', access: 'create' }
  { app: 'recover', container: 'fleet', access: 'read' }
  { app: 'recover', container: 'audit-recover', access: 'create' }
  { app: 'recover', container: 'escrow', access: 'read' }
  { app: 'recover', container: 'escrow', access: 'create' }
]

// What the commands of docs/escrow.md ask for, with a person's own login.
var importing = {
  tables: [
    { table: 'generations', access: 'read' }
  ]
  containers: [
    { container: 'fleet', access: 'read' }
    { container: 'escrow', access: 'read' }
    { container: 'escrow', access: 'create' }
  ]
}

var breaking = {
  tables: [
    { table: 'recoveries', access: 'write' }
    { table: 'generations', access: 'write' }
    { table: 'starts', access: 'write' }
    { table: 'holds', access: 'read' }
    { table: 'live', access: 'read' }
  ]
  containers: [
    { container: 'fleet', access: 'read' }
    { container: 'escrow', access: 'read' }
    { container: 'audit-recover', access: 'create' }
  ]
}

var tableRoles = {
  read: '76199698-9eea-4c19-bc75-cec21354c6b6' // Storage Table Data Reader
  write: '0a9a7e1f-b9d0-4cc4-a60d-0319b160aaa3' // Storage Table Data Contributor
}

var queueSender = 'c6a89b2d-59bc-44d0-9896-0f6e12d7b80a' // Storage Queue Data Message Sender

var blobRoles = {
  read: subscriptionResourceId('Microsoft.Authorization/roleDefinitions', '2a2b9908-6ea1-4ae2-8e65-a410df84e7d1') // Storage Blob Data Reader
  write: subscriptionResourceId('Microsoft.Authorization/roleDefinitions', 'ba92f5b4-2d11-453d-a403-e96b0029c9fe') // Storage Blob Data Contributor
  create: creator.id
}

resource account 'Microsoft.Storage/storageAccounts@2024-01-01' existing = {
  name: accountName
}

// Every built-in role that may create a blob may overwrite and delete it, too. "add" is Put Blob for a name that is
// free, and nothing else. The containers' immutability says the same to identities that are not ours.
resource creator 'Microsoft.Authorization/roleDefinitions@2022-04-01' = {
  name: guid(resourceGroup().id, 'sealwatch-blob-creator')
  properties: {
    roleName: 'Sealwatch blob creator (${accountName})'
    description: 'Creates blobs. Reads, overwrites and deletes none.'
    type: 'CustomRole'
    assignableScopes: [ resourceGroup().id ]
    permissions: [
      {
        actions: []
        notActions: []
        dataActions: [ 'Microsoft.Storage/storageAccounts/blobServices/containers/blobs/add/action' ]
        notDataActions: []
      }
    ]
  }
}

// The built-in reader, processor and sender together may not give a message back (Update Message is messages/write), and
// Storage Queue Data Contributor may delete the queue. Reading the queue itself is its length, which scaling goes by.
resource queueWorker 'Microsoft.Authorization/roleDefinitions@2022-04-01' = {
  name: guid(resourceGroup().id, 'sealwatch-queue-worker')
  properties: {
    roleName: 'Sealwatch queue worker (${accountName})'
    description: 'Sends, takes, gives back and removes messages. Makes, clears and deletes no queue.'
    type: 'CustomRole'
    assignableScopes: [ resourceGroup().id ]
    permissions: [
      {
        actions: [ 'Microsoft.Storage/storageAccounts/queueServices/queues/read' ]
        notActions: []
        dataActions: [
          'Microsoft.Storage/storageAccounts/queueServices/queues/messages/read'
          'Microsoft.Storage/storageAccounts/queueServices/queues/messages/write'
          'Microsoft.Storage/storageAccounts/queueServices/queues/messages/add/action'
          'Microsoft.Storage/storageAccounts/queueServices/queues/messages/process/action'
        ]
        notDataActions: []
      }
    ]
  }
}

resource tables 'Microsoft.Storage/storageAccounts/tableServices/tables@2024-01-01' existing = [for grant in tableGrants: {
  name: '${accountName}/default/${grant.table}'
}]

resource tableAccess 'Microsoft.Authorization/roleAssignments@2022-04-01' = [for (grant, i) in tableGrants: {
  scope: tables[i]
  name: guid(account.id, grant.app, grant.table, grant.access)
  properties: {
    principalId: principals[grant.app]
    principalType: 'ServicePrincipal'
    roleDefinitionId: subscriptionResourceId('Microsoft.Authorization/roleDefinitions', tableRoles[grant.access])
  }
}]

resource queues 'Microsoft.Storage/storageAccounts/queueServices/queues@2024-01-01' existing = [for grant in ownQueues: {
  name: '${accountName}/default/${grant.queue}'
}]

resource queueWork 'Microsoft.Authorization/roleAssignments@2022-04-01' = [for (grant, i) in ownQueues: {
  scope: queues[i]
  name: guid(account.id, grant.app, grant.queue, 'work')
  properties: {
    principalId: principals[grant.app]
    principalType: 'ServicePrincipal'
    roleDefinitionId: queueWorker.id
  }
}]

resource nudged 'Microsoft.Storage/storageAccounts/queueServices/queues@2024-01-01' existing = [for grant in nudges: {
  name: '${accountName}/default/${grant.queue}'
}]

resource nudging 'Microsoft.Authorization/roleAssignments@2022-04-01' = [for (grant, i) in nudges: {
  scope: nudged[i]
  name: guid(account.id, grant.app, grant.queue, 'nudge')
  properties: {
    principalId: principals[grant.app]
    principalType: 'ServicePrincipal'
    roleDefinitionId: subscriptionResourceId('Microsoft.Authorization/roleDefinitions', queueSender)
  }
}]

resource containers 'Microsoft.Storage/storageAccounts/blobServices/containers@2024-01-01' existing = [for grant in containerGrants: {
  name: '${accountName}/default/${grant.container}'
}]

resource containerAccess 'Microsoft.Authorization/roleAssignments@2022-04-01' = [for (grant, i) in containerGrants: {
  scope: containers[i]
  name: guid(account.id, grant.app, grant.container, grant.access)
  properties: {
    principalId: principals[grant.app]
    principalType: 'ServicePrincipal'
    roleDefinitionId: blobRoles[grant.access]
  }
}]

resource fleet 'Microsoft.Storage/storageAccounts/blobServices/containers@2024-01-01' existing = {
  name: '${accountName}/default/fleet'
}

resource fleetWriting 'Microsoft.Authorization/roleAssignments@2022-04-01' = [for group in fleetWriters: {
  scope: fleet
  name: guid(account.id, group, 'fleet')
  properties: {
    principalId: group
    principalType: 'Group'
    roleDefinitionId: blobRoles.write
  }
}]

module importerGroups 'people-access.bicep' = [for (group, i) in importers: {
  name: 'importers-${i}'
  params: {
    accountName: accountName
    groupId: group
    grants: importing
    tableRoles: tableRoles
    blobRoles: blobRoles
  }
}]

// After the others: a group that is among both has some rights twice, which is one assignment.
module breakGlassGroups 'people-access.bicep' = [for (group, i) in breakGlass: {
  name: 'break-glass-${i}'
  dependsOn: [ importerGroups ]
  params: {
    accountName: accountName
    groupId: group
    grants: breaking
    tableRoles: tableRoles
    blobRoles: blobRoles
  }
}]
