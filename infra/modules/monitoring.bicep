metadata name = 'Monitoring'
metadata description = 'Where telemetry goes, and whom the rules of watching.bicep call.'

param namePrefix string

param location string

param tags object

@description('Mail addresses that are told when Sealwatch itself fails: not by way of Sealwatch.')
@minLength(1)
param alertEmails array

@description('How long logs are kept, days.')
param retentionDays int

resource workspace 'Microsoft.OperationalInsights/workspaces@2023-09-01' = {
  name: '${namePrefix}-logs'
  location: location
  tags: tags
  properties: {
    sku: {
      name: 'PerGB2018'
    }
    retentionInDays: retentionDays
    features: {
      disableLocalAuth: true
    }
  }
}

resource people 'Microsoft.Insights/actionGroups@2023-01-01' = {
  name: '${namePrefix}-watcher'
  location: 'global'
  tags: tags
  properties: {
    enabled: true
    groupShortName: 'sealwatch'
    emailReceivers: [for address in alertEmails: {
      name: address
      emailAddress: address
      useCommonAlertSchema: true
    }]
  }
}

output workspaceId string = workspace.id
output actionGroupId string = people.id
