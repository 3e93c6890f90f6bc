metadata name = 'Custodian'
metadata description = 'One Key Vault whose key holds shares. A deployment of its own, by its own owner, best in a subscription of its own: whoever deploys Sealwatch must not be able to unwrap.'

@description('3 to 24 letters, digits and dashes.')
param vaultName string

param location string = resourceGroup().location
param tags object = {}

@description('Name of the key. fleet.yaml: escrow.custodians.NAME.key = https://VAULT.vault.azure.net/keys/KEY.')
param keyName string = 'sealwatch-escrow'

@description('Object id of recover\'s identity (output "apps" of main.bicep). Empty: only people open what this custodian holds.')
param recoverPrincipalId string

@description('Object id of the group that breaks glass. It becomes eligible by PIM, and holds nothing until it activates that.')
param breakGlassGroupId string

@description('Asks for the eligibility of that group, for a year from now: Azure\'s own policy allows no longer one. With the first deployment, and to renew.')
param requestEligibility bool = false

@description('AdminAssign: there is none, or the last one ended. AdminExtend: one ends soon.')
@allowed([ 'AdminAssign', 'AdminExtend' ])
param eligibilityRequest string = 'AdminAssign'

@description('Leave it: each request has a time and a name of its own.')
param requestedAt string = utcNow('yyyy-MM-ddTHH:mm:ssZ')

@description('Object id of the group that imports shares: wraps, and unwraps nothing. Empty: none.')
param importersGroupId string = ''

@description('Keys in hardware.')
param hsm bool = false

@description('Public addresses or ranges from which people break glass. Empty: only from Sealwatch\'s network, or from one that is peered with it and linked to the zone below.')
param allowedAddresses array = []

@description('Of main.bicep\'s outputs, for recover to reach the vault; people, too, where they have no address above.')
param endpointSubnetId string = ''
param vaultZoneId string = ''

@description('Region of that network: an endpoint is where its subnet is.')
param endpointLocation string = location

@description('Mail addresses of the custodian\'s owner.')
@minLength(1)
param alertEmails array

// Key Vault Crypto Service Encryption User. Of keys: get, wrapKey, unwrapKey. Besides, subscriptions to events of Event Grid
// (read, write, delete), by which no key is used.
var unwraps = 'e147488a-f6f5-4113-8e2d-b22465e65bf6'

// "Expire eligible assignments after: 1 year" is Azure's default for every role (PIM's ExpirationRule).
var eligibleFor = 'P365D'

resource workspace 'Microsoft.OperationalInsights/workspaces@2023-09-01' = {
  name: '${vaultName}-logs'
  location: location
  tags: tags
  properties: {
    sku: {
      name: 'PerGB2018'
    }
    retentionInDays: 365
    features: {
      disableLocalAuth: true
    }
  }
}

module vault 'modules/key-vault.bicep' = {
  name: 'vault'
  params: {
    name: vaultName
    location: location
    tags: tags
    hsm: hsm
    allowedAddresses: allowedAddresses
    publicAccess: empty(allowedAddresses) ? 'Disabled' : 'Enabled'
    endpointSubnetId: endpointSubnetId
    vaultZoneId: vaultZoneId
    endpointLocation: endpointLocation
    workspaceId: workspace.id
  }
}

// Azure makes a key once and updates none: a later deployment with another kind ("hsm"), size or policy is refused
// (KeyCreationParametersDidNotMatchExistingKey) or changes nothing. The policy of a key that is there:
// az keyvault key rotation-policy update --vault-name VAULT -n KEY --value FILE.json
//
// Old versions stay enabled (DESIGN, rule 11): recover moves envelopes to the newest by itself, and an expired version
// still unwraps. Disabling one is a person's word, after "sealwatch escrow rewrap" named it.
resource key 'Microsoft.KeyVault/vaults/keys@2023-07-01' = {
  name: '${vaultName}/${keyName}'
  dependsOn: [ vault ]
  properties: {
    // checkov:skip=CKV_AZURE_112: hardware is a parameter (hsm)
    // checkov:skip=CKV_AZURE_40: each version ends by the rotation policy below; a date in a template would end them all
    kty: hsm ? 'RSA-HSM' : 'RSA'
    keySize: 3072
    keyOps: [ 'wrapKey', 'unwrapKey' ]
    attributes: {
      enabled: true
      exportable: false
    }
    rotationPolicy: {
      attributes: {
        expiryTime: 'P2Y'
      }
      lifetimeActions: [
        {
          action: {
            type: 'rotate'
          }
          trigger: {
            timeAfterCreate: 'P1Y'
          }
        }
        {
          action: {
            type: 'notify'
          }
          trigger: {
            timeBeforeExpiry: 'P30D'
          }
        }
      ]
    }
  }
}

resource recovers 'Microsoft.Authorization/roleAssignments@2022-04-01' = if (!empty(recoverPrincipalId)) {
  scope: key
  name: guid(key.id, recoverPrincipalId, unwraps)
  properties: {
    principalId: recoverPrincipalId
    principalType: 'ServicePrincipal'
    roleDefinitionId: subscriptionResourceId('Microsoft.Authorization/roleDefinitions', unwraps)
  }
}

resource importer 'Microsoft.Authorization/roleDefinitions@2022-04-01' = if (!empty(importersGroupId)) {
  name: guid(resourceGroup().id, 'sealwatch-importer')
  properties: {
    roleName: 'Sealwatch importer (${vaultName})'
    description: 'Wraps shares by a key. Unwraps nothing.'
    type: 'CustomRole'
    assignableScopes: [ resourceGroup().id ]
    permissions: [
      {
        actions: []
        notActions: []
        dataActions: [ 'Microsoft.KeyVault/vaults/keys/read', 'Microsoft.KeyVault/vaults/keys/wrap/action' ]
        notDataActions: []
      }
    ]
  }
}

resource imports 'Microsoft.Authorization/roleAssignments@2022-04-01' = if (!empty(importersGroupId)) {
  scope: key
  name: guid(key.id, importersGroupId, 'imports')
  properties: {
    principalId: importersGroupId
    principalType: 'Group'
    roleDefinitionId: importer.id
  }
}

// Eligible, not active: activation asks for a reason (and for approval, if the owner's PIM settings say so) and is logged.
resource breakGlass 'Microsoft.Authorization/roleEligibilityScheduleRequests@2022-04-01-preview' = if (requestEligibility) {
  scope: key
  name: guid(key.id, breakGlassGroupId, eligibilityRequest, requestedAt)
  properties: {
    principalId: breakGlassGroupId
    roleDefinitionId: subscriptionResourceId('Microsoft.Authorization/roleDefinitions', unwraps)
    requestType: eligibilityRequest
    justification: 'Break-glass: unsealing Vault while Sealwatch is down.'
    scheduleInfo: {
      startDateTime: requestedAt
      expiration: {
        type: 'AfterDuration'
        duration: eligibleFor
      }
    }
  }
}

module alarms 'modules/custodian-alarms.bicep' = {
  name: 'alarms'
  params: {
    vaultName: vaultName
    location: location
    tags: tags
    workspaceId: workspace.id
    recoverPrincipalId: recoverPrincipalId
    alertEmails: alertEmails
  }
}

@description('Nobody breaks glass with this vault afterwards, unless it is renewed: put it into a calendar. Empty: this deployment asked for none.')
output eligibleUntil string = requestEligibility ? dateTimeAdd(requestedAt, eligibleFor) : ''

output custodianKey string = '${vault.outputs.uri}keys/${keyName}'
