metadata name = 'A custodian\'s alarms'
metadata description = 'Tells the custodian\'s owner of every unwrap that is not recover\'s, of what is deleted, and of every new right.'

param vaultName string

param location string

param tags object

param workspaceId string

@description('Empty: every unwrap is told.')
param recoverPrincipalId string

param alertEmails array

var oid = 'tostring(coalesce(who.claim.oid, who.claim["http://schemas.microsoft.com/identity/claims/objectidentifier"]))'
var ofVault = 'AZKVAuditLogs | where _ResourceId endswith "/vaults/${toLower(vaultName)}" | extend who = parse_json(tostring(Identity))'

// A call whose caller cannot be read is not recover's.
var rules = [
  {
    name: 'unwrapped-by-another'
    severity: 0
    description: 'A key of this custodian was unwrapped by somebody other than recover: break-glass, or theft. Refused tries count, too.'
    query: '${ofVault} | where OperationName == "KeyUnwrap" | extend by = ${oid} | where isempty(by) or by !~ "${recoverPrincipalId}"'
  }
  {
    name: 'key-changed-or-deleted'
    severity: 0
    description: 'A key was deleted, purged, disabled, backed up or restored.'
    query: '${ofVault} | where OperationName in ("KeyDelete", "KeyPurge", "KeyUpdate", "KeyBackup", "KeyRestore", "KeyRecover", "KeyImport", "KeyRelease", "VaultDelete", "VaultPurge")'
  }
]

resource owner 'Microsoft.Insights/actionGroups@2023-01-01' = {
  name: '${vaultName}-owner'
  location: 'global'
  tags: tags
  properties: {
    enabled: true
    groupShortName: 'custodian'
    emailReceivers: [for address in alertEmails: {
      name: address
      emailAddress: address
      useCommonAlertSchema: true
    }]
  }
}

resource alarms 'Microsoft.Insights/scheduledQueryRules@2023-12-01' = [for rule in rules: {
  name: '${vaultName}-${rule.name}'
  location: location
  tags: tags
  kind: 'LogAlert'
  properties: {
    displayName: '${vaultName}: ${rule.name}'
    description: rule.description
    severity: rule.severity
    enabled: true
    // Each one is told; none ends by itself.
    autoMitigate: false
    skipQueryValidation: true
    scopes: [ workspaceId ]
    evaluationFrequency: 'PT5M'
    // Longer than the pause between two looks: Key Vault's log comes minutes late, and what comes late is told, too.
    windowSize: 'PT15M'
    criteria: {
      allOf: [
        {
          query: rule.query
          timeAggregation: 'Count'
          operator: 'GreaterThan'
          threshold: 0
          failingPeriods: {
            numberOfEvaluationPeriods: 1
            minFailingPeriodsToAlert: 1
          }
        }
      ]
    }
    actions: {
      actionGroups: [ owner.id ]
    }
  }
}]

// Rights given above the vault reach into it: of the whole subscription.
resource rights 'Microsoft.Insights/activityLogAlerts@2020-10-01' = {
  name: '${vaultName}-rights'
  location: 'global'
  tags: tags
  properties: {
    enabled: true
    description: 'Somebody was given a right, or made eligible for one.'
    scopes: [ subscription().id ]
    condition: {
      allOf: [
        {
          field: 'category'
          equals: 'Administrative'
        }
        {
          anyOf: [
            {
              field: 'operationName'
              equals: 'Microsoft.Authorization/roleAssignments/write'
            }
            {
              field: 'operationName'
              equals: 'Microsoft.Authorization/roleAssignments/delete'
            }
            {
              field: 'operationName'
              equals: 'Microsoft.Authorization/roleEligibilityScheduleRequests/write'
            }
            {
              field: 'operationName'
              equals: 'Microsoft.Authorization/roleDefinitions/write'
            }
          ]
        }
      ]
    }
    actions: {
      actionGroups: [
        {
          actionGroupId: owner.id
        }
      ]
    }
  }
}

resource changes 'Microsoft.Insights/activityLogAlerts@2020-10-01' = {
  name: '${vaultName}-changes'
  location: 'global'
  tags: tags
  properties: {
    enabled: true
    description: 'The vault, its log or these alarms were changed or deleted.'
    scopes: [ resourceGroup().id ]
    condition: {
      allOf: [
        {
          field: 'category'
          equals: 'Administrative'
        }
        {
          anyOf: [
            {
              field: 'operationName'
              equals: 'Microsoft.KeyVault/vaults/write'
            }
            {
              field: 'operationName'
              equals: 'Microsoft.KeyVault/vaults/delete'
            }
            {
              field: 'operationName'
              equals: 'Microsoft.Insights/diagnosticSettings/delete'
            }
            {
              field: 'operationName'
              equals: 'Microsoft.Insights/diagnosticSettings/write'
            }
            {
              field: 'operationName'
              equals: 'Microsoft.Insights/scheduledQueryRules/write'
            }
            {
              field: 'operationName'
              equals: 'Microsoft.Insights/scheduledQueryRules/delete'
            }
            {
              field: 'operationName'
              equals: 'Microsoft.Insights/activityLogAlerts/delete'
            }
          ]
        }
      ]
    }
    actions: {
      actionGroups: [
        {
          actionGroupId: owner.id
        }
      ]
    }
  }
}
