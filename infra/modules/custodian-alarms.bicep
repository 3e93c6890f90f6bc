metadata name = 'A custodian\'s alarms'
metadata description = 'Tells the custodian\'s owner of every unwrap that is not recover\'s, of what is changed or deleted, and of every new right.'

param vaultName string

param location string

param tags object

param workspaceId string

@description('Empty: every unwrap is told.')
param recoverPrincipalId string

param alertEmails array

// Key Vault's log. Its diagnostic setting asks for the table AZKVAuditLogs; Azure may forget that and use AzureDiagnostics
// (github.com/Azure/azure-rest-api-specs/issues/22400), whose columns come with the first row that has them. So both are asked,
// and neither needs to be there. Of both: OperationName, and caller: empty where that cannot be read. Names must be none of KQL's
// own words, as "by" is: nothing looks at a query before it runs (test/infra/kusto.test.ts).
var ofVault = '_ResourceId endswith "/vaults/${toLower(vaultName)}"'
var oid = 'coalesce(tostring(who.claim.oid), tostring(who.claim["http://schemas.microsoft.com/identity/claims/objectidentifier"]))'
var flatOid = 'coalesce(tostring(column_ifexists("identity_claim_oid_g", "")), tostring(column_ifexists("identity_claim_http_schemas_microsoft_com_identity_claims_objectidentifier_g", "")))'
var dedicated = 'AZKVAuditLogs | where ${ofVault} | extend who = parse_json(tostring(Identity)) | extend caller = ${oid}'
var diagnostics = 'AzureDiagnostics | where ${ofVault} | extend caller = ${flatOid}'
var calls = 'union isfuzzy=true (${dedicated}), (${diagnostics})'

// A call whose caller cannot be read is not recover's.
var rules = [
  {
    name: 'unwrapped-by-another'
    severity: 0
    description: 'A key of this custodian was unwrapped by somebody other than recover: break-glass, or theft. Refused tries count, too.'
    query: '${calls} | where OperationName == "KeyUnwrap" | where isempty(caller) or caller !~ "${recoverPrincipalId}"'
  }
  {
    name: 'key-changed-or-deleted'
    severity: 0
    description: 'A key was deleted, purged, disabled, backed up or restored.'
    query: '${calls} | where OperationName in ("KeyDelete", "KeyPurge", "KeyUpdate", "KeyBackup", "KeyRestore", "KeyRecover", "KeyImport", "KeyRelease", "VaultDelete", "VaultPurge")'
  }
]

// What Azure's activity log is watched for: rights and silences in the whole subscription, for those given above the vault
// reach into it; the rest in the custodian's group. What the deployment makes is in here with its writes and deletes, and so is
// whatever could make these alarms silent. Above the subscription nothing is seen (docs/infra.md).
var watched = [
  {
    name: 'rights'
    description: 'A right was given, taken away or made eligible, or a role or what PIM asks for was changed.'
    scope: subscription().id
    operations: [
      'Microsoft.Authorization/roleAssignments/write'
      'Microsoft.Authorization/roleAssignments/delete'
      'Microsoft.Authorization/roleDefinitions/write'
      'Microsoft.Authorization/roleDefinitions/delete'
      'Microsoft.Authorization/roleAssignmentScheduleRequests/write'
      'Microsoft.Authorization/roleEligibilityScheduleRequests/write'
      'Microsoft.Authorization/roleManagementPolicies/write'
      'Microsoft.Authorization/roleManagementPolicies/approvalRule/action'
    ]
  }
  {
    name: 'silences'
    description: 'A rule that may suppress alerts was changed, or a lock.'
    scope: subscription().id
    operations: [
      'Microsoft.AlertsManagement/actionRules/write'
      'Microsoft.AlertsManagement/actionRules/delete'
      'Microsoft.Authorization/locks/write'
      'Microsoft.Authorization/locks/delete'
    ]
  }
  {
    name: 'vault'
    description: 'The vault, its key or a way to it was changed, moved or deleted.'
    scope: resourceGroup().id
    operations: [
      'Microsoft.KeyVault/vaults/write'
      'Microsoft.KeyVault/vaults/delete'
      'Microsoft.KeyVault/vaults/accessPolicies/write'
      'Microsoft.KeyVault/vaults/keys/write'
      'Microsoft.KeyVault/vaults/PrivateEndpointConnectionsApproval/action'
      'Microsoft.KeyVault/vaults/privateEndpointConnections/write'
      'Microsoft.KeyVault/vaults/privateEndpointConnections/delete'
      'Microsoft.Network/privateEndpoints/write'
      'Microsoft.Network/privateEndpoints/delete'
      'Microsoft.Network/privateEndpoints/privateDnsZoneGroups/write'
      'Microsoft.Network/privateEndpoints/privateDnsZoneGroups/delete'
      'Microsoft.Resources/subscriptions/resourceGroups/delete'
      'Microsoft.Resources/subscriptions/resourceGroups/moveResources/action'
    ]
  }
  {
    name: 'log'
    description: 'The vault\'s log, or the workspace that it goes to, was changed or deleted.'
    scope: resourceGroup().id
    operations: [
      'Microsoft.Insights/diagnosticSettings/write'
      'Microsoft.Insights/diagnosticSettings/delete'
      'Microsoft.OperationalInsights/workspaces/write'
      'Microsoft.OperationalInsights/workspaces/delete'
      'Microsoft.OperationalInsights/workspaces/tables/write'
      'Microsoft.OperationalInsights/workspaces/tables/delete'
    ]
  }
  {
    name: 'alarms'
    description: 'These alarms, or whom they call, were changed or deleted.'
    scope: resourceGroup().id
    operations: [
      'Microsoft.Insights/actionGroups/write'
      'Microsoft.Insights/actionGroups/delete'
      'Microsoft.Insights/activityLogAlerts/write'
      'Microsoft.Insights/activityLogAlerts/delete'
      'Microsoft.Insights/scheduledQueryRules/write'
      'Microsoft.Insights/scheduledQueryRules/delete'
    ]
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

resource changes 'Microsoft.Insights/activityLogAlerts@2020-10-01' = [for kind in watched: {
  name: '${vaultName}-${kind.name}'
  location: 'global'
  tags: tags
  properties: {
    enabled: true
    description: kind.description
    scopes: [ kind.scope ]
    condition: {
      allOf: [
        {
          field: 'category'
          equals: 'Administrative'
        }
        {
          anyOf: [for operation in kind.operations: {
            field: 'operationName'
            equals: operation
          }]
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
}]
