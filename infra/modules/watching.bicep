metadata name = 'Watching the watcher'
metadata description = 'Rules of Azure Monitor about Sealwatch itself. They use nothing of Sealwatch, so they speak when it cannot.'

param namePrefix string

param location string

param tags object

param workspaceId string

param actionGroupId string

@description('Component of Application Insights that only watch writes to.')
param watchInsightsId string

@description('Those of all three apps.')
param insightsIds array

@description('Told at 80 and 100 percent, and when the forecast passes it; in the currency of the subscription. 0: no budget.')
param monthlyBudget int

@description('First day of the month from which the budget counts: yyyy-MM-01. Of this month or a later one when the budget is made; it cannot be changed later.')
param budgetStart string

param alertEmails array

// By the component that a row came by, which the service notes, and not by AppRoleName, which the sender writes.
var ofApps = '| where _ResourceId in~ (\'${join(insightsIds, '\', \'')}\')'

// Requests are never sampled (host.json); names are those of the functions' manifests.
var rules = [
  {
    name: 'no-sweep'
    severity: 0
    description: 'No sweep of watch succeeded for 5 minutes: nobody looks at any Vault.'
    query: 'AppRequests | where Name == "probe" and Success == true and _ResourceId =~ "${watchInsightsId}" | summarize found = count() | where found == 0'
    window: 'PT5M'
    every: 'PT1M'
    above: 0
  }
  {
    name: 'poison'
    severity: 1
    description: 'A queue message failed five times: see the finding and the log of that app.'
    query: 'AppRequests | where Name endswith "-poison" ${ofApps}'
    window: 'PT15M'
    every: 'PT5M'
    above: 0
  }
  {
    name: 'failures'
    severity: 2
    description: 'More than five failed runs or exceptions within 15 minutes.'
    query: 'union (AppRequests | where Success == false and toint(ResultCode) !between (400 .. 499)), AppExceptions ${ofApps}'
    window: 'PT15M'
    every: 'PT5M'
    above: 5
  }
]

resource alerts 'Microsoft.Insights/scheduledQueryRules@2023-12-01' = [for rule in rules: {
  name: '${namePrefix}-${rule.name}'
  location: location
  tags: tags
  kind: 'LogAlert'
  properties: {
    displayName: '${namePrefix}: ${rule.name}'
    description: rule.description
    severity: rule.severity
    enabled: true
    autoMitigate: true
    // The workspace's tables come with its first telemetry: a rule that is deployed before them is none that is wrong.
    skipQueryValidation: true
    scopes: [ workspaceId ]
    evaluationFrequency: rule.every
    windowSize: rule.window
    criteria: {
      allOf: [
        {
          query: rule.query
          timeAggregation: 'Count'
          operator: 'GreaterThan'
          threshold: rule.above
          failingPeriods: {
            numberOfEvaluationPeriods: 1
            minFailingPeriodsToAlert: 1
          }
        }
      ]
    }
    actions: {
      actionGroups: [ actionGroupId ]
    }
  }
}]

resource budget 'Microsoft.Consumption/budgets@2023-11-01' = if (monthlyBudget > 0) {
  name: '${namePrefix}-month'
  properties: {
    category: 'Cost'
    amount: monthlyBudget
    timeGrain: 'Monthly'
    timePeriod: {
      startDate: budgetStart
    }
    notifications: {
      near: {
        enabled: true
        operator: 'GreaterThanOrEqualTo'
        threshold: 80
        thresholdType: 'Actual'
        contactEmails: alertEmails
      }
      reached: {
        enabled: true
        operator: 'GreaterThanOrEqualTo'
        threshold: 100
        thresholdType: 'Actual'
        contactEmails: alertEmails
      }
      forecast: {
        enabled: true
        operator: 'GreaterThan'
        threshold: 100
        thresholdType: 'Forecasted'
        contactEmails: alertEmails
      }
    }
  }
}
