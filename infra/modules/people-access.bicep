metadata name = 'Access of people'
metadata description = 'What one group may do with tables and containers, each right on one of them. access.bicep says what.'

@description('The data account.')
param accountName string

@description('Object id.')
param groupId string

@description('{tables: [{table, access}], containers: [{container, access}]}.')
param grants object

@description('Ids of role definitions without their path: {read, write}.')
param tableRoles object

@description('Resource ids of role definitions: {read, write, create}.')
param blobRoles object

resource account 'Microsoft.Storage/storageAccounts@2024-01-01' existing = {
  name: accountName
}

resource tables 'Microsoft.Storage/storageAccounts/tableServices/tables@2024-01-01' existing = [for grant in grants.tables: {
  name: '${accountName}/default/${grant.table}'
}]

resource tableAccess 'Microsoft.Authorization/roleAssignments@2022-04-01' = [for (grant, i) in grants.tables: {
  scope: tables[i]
  name: guid(account.id, groupId, grant.table, grant.access)
  properties: {
    principalId: groupId
    principalType: 'Group'
    roleDefinitionId: subscriptionResourceId('Microsoft.Authorization/roleDefinitions', tableRoles[grant.access])
  }
}]

resource containers 'Microsoft.Storage/storageAccounts/blobServices/containers@2024-01-01' existing = [for grant in grants.containers: {
  name: '${accountName}/default/${grant.container}'
}]

resource containerAccess 'Microsoft.Authorization/roleAssignments@2022-04-01' = [for (grant, i) in grants.containers: {
  scope: containers[i]
  name: guid(account.id, groupId, grant.container, grant.access)
  properties: {
    principalId: groupId
    principalType: 'Group'
    roleDefinitionId: blobRoles[grant.access]
  }
}]
