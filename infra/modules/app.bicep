metadata name = 'App'
metadata description = 'One function app on Flex Consumption, with one identity and nothing else\'s.'

param name string

param location string

param tags object

@description('watch, rotate or recover: azd finds the app by a tag with this name (azure.yaml).')
param azdServiceName string

@description('Resource id, client id and object id of the app\'s identity.')
param identity object

@description('Of the app\'s own host storage account.')
param hostStorageName string

@description('Where its package lies.')
param packagesUrl string

@description('Settings of Sealwatch: [{name, value}].')
param settings array

@description('Instances that are always there: [{name, instanceCount}].')
param alwaysReady array

@description('At most so many instances.')
param maximumInstances int

@description('512, 2048 or 4096.')
param instanceMemoryMB int

param zoneRedundant bool

@description('Of the app: it sends out by this one.')
param subnetId string

@description('Whether requests come from the internet, with a token that the app checks. Else by a private endpoint only (main.bicep).')
param publicHttp bool

@description('With publicHttp, public addresses or ranges that requests and deployments come from. Empty: from all of them. The app\'s subnet has the service endpoint Microsoft.Web then.')
param httpAddresses array

@description('Log Analytics workspace that all apps share.')
param workspaceId string

// Monitoring Metrics Publisher: the app's identity writes telemetry; nobody has a key.
var telemetryWriter = '3913510d-42f4-4e42-8a64-420c390055eb'

// One for each app: whoever may write to a component writes what it likes, other apps' names too. Which component a row
// came by (_ResourceId) the service notes itself, and the rules of watching.bicep go by that.
resource insights 'Microsoft.Insights/components@2020-02-02' = {
  name: '${name}-insights'
  location: location
  tags: tags
  kind: 'web'
  properties: {
    Application_Type: 'web'
    WorkspaceResourceId: workspaceId
    DisableLocalAuth: true
  }
}

// What the platform reads. ApplicationInsightsAgent_EXTENSION_VERSION stays unset: an agent in the process could read
// request bodies, and in recover these hold shares.
var platformSettings = [
  { name: 'AzureWebJobsStorage__accountName', value: hostStorageName }
  { name: 'AzureWebJobsStorage__credential', value: 'managedidentity' }
  { name: 'AzureWebJobsStorage__clientId', value: identity.clientId }
  { name: 'AZURE_CLIENT_ID', value: identity.clientId }
  { name: 'APPLICATIONINSIGHTS_CONNECTION_STRING', value: insights.properties.ConnectionString }
  { name: 'APPLICATIONINSIGHTS_AUTHENTICATION_STRING', value: 'ClientId=${identity.clientId};Authorization=AAD' }
  // A small nursery: what a sweep throws away is collected sooner, at some CPU (docs/scale.md).
  { name: 'languageWorkers__node__arguments', value: '--enable-source-maps --max-semi-space-size=4' }
  // Bytes. Four times what a route takes (functions/request-limits.ts), so that the words of a refusal are ours; the
  // platform's own is 100 MB, read whole before a function sees it.
  { name: 'FUNCTIONS_REQUEST_BODY_SIZE_LIMIT', value: '65536' }
  { name: 'SEALWATCH_STORAGE__credential', value: 'managedidentity' }
  { name: 'SEALWATCH_STORAGE__clientId', value: identity.clientId }
]

// A deployment has the app call itself for what its functions are (synctriggers), and waits for the answer.
var itself = [
  {
    name: 'itself'
    action: 'Allow'
    vnetSubnetResourceId: subnetId
    priority: 100
  }
]

var fromAddresses = [for (address, i) in httpAddresses: {
  name: 'address-${i}'
  action: 'Allow'
  ipAddress: address
  priority: 200 + i
}]

resource plan 'Microsoft.Web/serverfarms@2024-04-01' = {
  name: '${name}-plan'
  location: location
  tags: tags
  kind: 'functionapp'
  sku: {
    name: 'FC1'
    tier: 'FlexConsumption'
  }
  properties: {
    // checkov:skip=CKV_AZURE_225: zones are a parameter: not every region has them
    reserved: true
    zoneRedundant: zoneRedundant
  }
}

resource app 'Microsoft.Web/sites@2024-04-01' = {
  name: name
  location: location
  tags: union(tags, {
    'azd-service-name': azdServiceName
  })
  kind: 'functionapp,linux'
  identity: {
    type: 'UserAssigned'
    userAssignedIdentities: {
      '${identity.id}': {}
    }
  }
  properties: {
    // checkov:skip=CKV_AZURE_17: people come with Entra tokens that the app checks (DESIGN, rule 7), not with client certificates
    // checkov:skip=CKV_AZURE_222: closed unless publicHttp opens it, to httpAddresses; the app's routes ask for a token or a function key
    // checkov:skip=CKV_AZURE_212: Flex Consumption has no workers to count: alwaysReady and zoneRedundant say it
    // checkov:skip=CKV_AZURE_213: Flex Consumption has no health check path; /api/status and watching.bicep watch the app
    // checkov:skip=CKV_AZURE_78: Flex Consumption has no FTP and refuses ftpsState: the deployment would end there
    // checkov:skip=CKV_AZURE_72: Flex Consumption has no remote debugging to switch off
    serverFarmId: plan.id
    httpsOnly: true
    clientAffinityEnabled: false
    publicNetworkAccess: publicHttp ? 'Enabled' : 'Disabled'
    virtualNetworkSubnetId: subnetId
    keyVaultReferenceIdentity: identity.id
    functionAppConfig: {
      deployment: {
        storage: {
          type: 'blobContainer'
          value: packagesUrl
          authentication: {
            type: 'UserAssignedIdentity'
            userAssignedIdentityResourceId: identity.id
          }
        }
      }
      runtime: {
        name: 'node'
        version: '24'
      }
      scaleAndConcurrency: {
        alwaysReady: alwaysReady
        maximumInstanceCount: maximumInstances
        instanceMemoryMB: instanceMemoryMB
      }
    }
    siteConfig: {
      minTlsVersion: '1.2'
      scmMinTlsVersion: '1.2'
      http20Enabled: true
      ipSecurityRestrictionsDefaultAction: empty(httpAddresses) ? 'Allow' : 'Deny'
      ipSecurityRestrictions: empty(httpAddresses) ? [] : concat(itself, fromAddresses)
      // Deployments come the same way.
      scmIpSecurityRestrictionsUseMain: true
      appSettings: concat(platformSettings, settings)
    }
  }
}

resource noFtp 'Microsoft.Web/sites/basicPublishingCredentialsPolicies@2024-04-01' = {
  parent: app
  name: 'ftp'
  properties: {
    allow: false
  }
}

resource noPassword 'Microsoft.Web/sites/basicPublishingCredentialsPolicies@2024-04-01' = {
  parent: app
  name: 'scm'
  properties: {
    allow: false
  }
}

resource telemetry 'Microsoft.Authorization/roleAssignments@2022-04-01' = {
  scope: insights
  name: guid(insights.id, identity.principalId, telemetryWriter)
  properties: {
    principalId: identity.principalId
    principalType: 'ServicePrincipal'
    roleDefinitionId: subscriptionResourceId('Microsoft.Authorization/roleDefinitions', telemetryWriter)
  }
}

resource platformLog 'Microsoft.Insights/diagnosticSettings@2021-05-01-preview' = {
  scope: app
  name: 'platform'
  properties: {
    workspaceId: workspaceId
    logs: [
      {
        category: 'FunctionAppLogs'
        enabled: true
      }
    ]
  }
}

output id string = app.id
output name string = app.name
output hostName string = app.properties.defaultHostName
output insightsId string = insights.id
