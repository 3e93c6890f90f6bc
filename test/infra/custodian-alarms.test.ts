/** What a custodian's owner is told: of unwraps, keys, rights and the alarms themselves, word for word. */
import { describe, expect, it } from 'vitest';
import { alertRule } from './alert-rule.ts';
import { condition, declared, plain, written } from './bicep/plain.ts';
import { readTemplates, resources, templateAt, variable } from './bicep/template.ts';
import { bodyOf } from './bicep/value.ts';

const templates = await readTemplates();
const at = (path: string) => templateAt(templates, path);
const custodian = at('modules/custodian-alarms.bicep');

describe("a custodian's alarms", () => {
  it('tell of each unwrap that is not recover’s, and of what happens to keys', () => {
    const ofVault =
      'AZKVAuditLogs | where _ResourceId endswith "/vaults/${toLower(vaultName)}" | extend who = parse_json(tostring(Identity))';
    const oid =
      'tostring(coalesce(who.claim.oid, who.claim["http://schemas.microsoft.com/identity/claims/objectidentifier"]))';
    expect(written(custodian, variable(custodian, 'rules'))).toEqual([
      {
        name: 'unwrapped-by-another',
        severity: 0,
        description:
          'A key of this custodian was unwrapped by somebody other than recover: break-glass, or theft. Refused tries count, too.',
        query: `${ofVault} | where OperationName == "KeyUnwrap" | extend by = ${oid} | where isempty(by) or by !~ "\${recoverPrincipalId}"`,
      },
      {
        name: 'key-changed-or-deleted',
        severity: 0,
        description: 'A key was deleted, purged, disabled, backed up or restored.',
        query: `${ofVault} | where OperationName in ("KeyDelete", "KeyPurge", "KeyUpdate", "KeyBackup", "KeyRestore", "KeyRecover", "KeyImport", "KeyRelease", "VaultDelete", "VaultPurge")`,
      },
    ]);
  });

  it('ask both every 5 minutes, of the last 15, and call the owner each time', () => {
    const alarms = declared(custodian, 'resource', 'alarms');
    expect(condition(alarms)).toBe('for rule in rules');
    expect(plain(bodyOf(alarms.value)['properties'])).toEqual(
      alertRule(0, {
        displayName: '${vaultName}: ${rule.name}',
        autoMitigate: false,
        evaluationFrequency: 'PT5M',
        windowSize: 'PT15M',
        actions: { actionGroups: ['=owner.id'] },
      }),
    );
    expect(plain(bodyOf(declared(custodian, 'resource', 'owner').value)['properties'])).toEqual({
      enabled: true,
      groupShortName: 'custodian',
      emailReceivers:
        '=[for address in alertEmails: { name: address emailAddress: address useCommonAlertSchema: true }]',
    });
  });

  it.for([
    {
      name: 'rights',
      scope: '=subscription().id',
      operations: [
        'Microsoft.Authorization/roleAssignments/write',
        'Microsoft.Authorization/roleAssignments/delete',
        'Microsoft.Authorization/roleEligibilityScheduleRequests/write',
        'Microsoft.Authorization/roleDefinitions/write',
      ],
    },
    {
      name: 'changes',
      scope: '=resourceGroup().id',
      operations: [
        'Microsoft.KeyVault/vaults/write',
        'Microsoft.KeyVault/vaults/delete',
        'Microsoft.Insights/diagnosticSettings/delete',
        'Microsoft.Insights/diagnosticSettings/write',
        'Microsoft.Insights/scheduledQueryRules/write',
        'Microsoft.Insights/scheduledQueryRules/delete',
        'Microsoft.Insights/activityLogAlerts/delete',
      ],
    },
  ])('tell of $name: these operations, in the whole of $scope', ({ name, scope, operations }) => {
    const alert = declared(custodian, 'resource', name);
    expect(condition(alert)).toBe('');
    const { location, properties } = bodyOf(alert.value);
    expect(location).toBe('global');
    expect(plain(properties)).toMatchObject({
      enabled: true,
      scopes: [scope],
      condition: {
        allOf: [
          { field: 'category', equals: 'Administrative' },
          { anyOf: operations.map((equals) => ({ field: 'operationName', equals })) },
        ],
      },
      actions: { actionGroups: [{ actionGroupId: '=owner.id' }] },
    });
  });

  it('are deployed with each custodian, about its vault and this recover', () => {
    const module = declared(at('custodian.bicep'), 'module', 'alarms');
    expect(condition(module)).toBe('');
    expect(module.of).toBe('modules/custodian-alarms.bicep');
    expect(plain(bodyOf(module.value)['params'])).toEqual({
      vaultName: '=vaultName',
      location: '=location',
      tags: '=tags',
      workspaceId: '=workspace.id',
      recoverPrincipalId: '=recoverPrincipalId',
      alertEmails: '=alertEmails',
    });
  });

  it('have the log that they ask: every call of a vault goes to its workspace, in a table of its own', () => {
    const [log, ...more] = resources(at('modules/key-vault.bicep'), 'Microsoft.Insights/diagnosticSettings');
    expect(more).toEqual([]);
    expect(plain(log?.fields['scope'])).toBe('=vault');
    expect(plain(log?.fields['properties'])).toEqual({
      workspaceId: '=workspaceId',
      // AZKVAuditLogs; else AzureDiagnostics has it.
      logAnalyticsDestinationType: 'Dedicated',
      logs: [{ category: 'AuditEvent', enabled: true }],
    });
    for (const [path, workspace] of [
      ['custodian.bicep', '=workspace.id'],
      ['seal.bicep', '=workspaceId'],
    ] as const) {
      const vault = declared(at(path), 'module', 'vault');
      expect(condition(vault)).toBe('');
      expect(plain(bodyOf(vault.value)['params'])).toMatchObject({ workspaceId: workspace });
    }
  });
});
