metadata name = 'Deployer'
metadata description = 'Who puts a package into one app: a job of one GitHub environment, by OIDC, without any password.'

param name string

param location string

param tags object

@description('The app that it deploys, and no other.')
param appName string

@description('OWNER/NAME on GitHub.')
param repository string

@description('How GitHub\'s tokens begin their subject: repo:OWNER/NAME, or repo:OWNER@ID/NAME@ID of newer repositories.')
param subjectPrefix string

@description('Environment on GitHub. Give it required reviewers there (docs/deploy.md): whoever may run a job in it may run code as the app.')
param environmentName string

// With ids or without, it is this repository: a prefix of another one would let its jobs deploy here. And it is no whole
// subject: that has more colons. What is no JSON ends the deployment and is shown (checkov does not know fail() yet).
var subjectNames = [for part in split(subjectPrefix, '/'): split(part, '@')[0]]
var isOurs = toLower(join(subjectNames, '/')) == toLower('repo:${repository}') && length(split(subjectPrefix, ':')) == 2
var trusted = isOurs ? subjectPrefix : json('githubSubject is no prefix of ${repository}: docs/deploy.md has the command that shows it.')

// Website Contributor: packages and settings of this one app. No role assignment, no key or secret of a Key Vault, no blob or
// row; and no other app's identity can be given to this app with it (that needs assign/action on the identity).
var websiteContributor = 'de139f84-1756-47ae-9be6-808fbbe84772'

// Reader: "az functionapp deployment" asks what plan the app is on.
var reader = 'acdd72a7-3385-48ef-bd42-f606fba81ae7'

resource app 'Microsoft.Web/sites@2024-04-01' existing = {
  name: appName
}

resource plan 'Microsoft.Web/serverfarms@2024-04-01' existing = {
  name: '${appName}-plan'
}

resource identity 'Microsoft.ManagedIdentity/userAssignedIdentities@2023-01-31' = {
  name: name
  location: location
  tags: tags
}

resource federation 'Microsoft.ManagedIdentity/userAssignedIdentities/federatedIdentityCredentials@2023-01-31' = {
  parent: identity
  name: 'github'
  properties: {
    issuer: 'https://token.actions.githubusercontent.com'
    subject: '${trusted}:environment:${environmentName}'
    audiences: [ 'api://AzureADTokenExchange' ]
  }
}

resource deploys 'Microsoft.Authorization/roleAssignments@2022-04-01' = {
  scope: app
  name: guid(app.id, name, websiteContributor)
  properties: {
    principalId: identity.properties.principalId
    principalType: 'ServicePrincipal'
    roleDefinitionId: subscriptionResourceId('Microsoft.Authorization/roleDefinitions', websiteContributor)
  }
}

resource looks 'Microsoft.Authorization/roleAssignments@2022-04-01' = {
  scope: plan
  name: guid(plan.id, name, reader)
  properties: {
    principalId: identity.properties.principalId
    principalType: 'ServicePrincipal'
    roleDefinitionId: subscriptionResourceId('Microsoft.Authorization/roleDefinitions', reader)
  }
}

