/** What a custodian's owner is told: of unwraps, keys, rights, and of whatever could make these alarms silent. */
import { describe, expect, it } from 'vitest';
import { alertRule } from './alert-rule.ts';
import { deploy, madeOf } from './bicep/deploy.ts';
import { isObject, listOf, shown } from './bicep/known.ts';
import { condition, declared, plain } from './bicep/plain.ts';
import { readTemplates, resources, templateAt } from './bicep/template.ts';
import { bodyOf } from './bicep/value.ts';
import { found, type Row, type Workspace } from './kql.ts';

const templates = await readTemplates();
const at = (path: string) => templateAt(templates, path);
const custodian = at('modules/custodian-alarms.bicep');

const recover = '5ea10000-aaaa-4000-8000-00000000000a';
const somebody = '5ea10000-bbbb-4000-8000-00000000000b';
const parameters = {
  vaultName: 'kv-Custodian-a',
  recoverPrincipalId: recover,
  breakGlassGroupId: 'break-glass',
  requestEligibility: true,
  importersGroupId: 'importers',
  endpointSubnetId: 'subnet',
  vaultZoneId: 'zone',
  alertEmails: ['owner@example.com'],
};
const made = deploy('custodian.bicep', parameters);

/** The query of a rule, as Azure gets it. */
function queryOf(name: string, from = made): string {
  const rules = madeOf(from, 'Microsoft.Insights/scheduledQueryRules');
  const { properties } = rules.find((one) => one.name === `kv-Custodian-a-${name}`)?.fields ?? {};
  const { criteria } = isObject(properties) ? properties : {};
  const [only, ...more] = isObject(criteria) ? listOf(criteria['allOf'] ?? []) : [];
  if (!isObject(only) || more.length > 0) throw new Error(`${name} has not one query`);
  return shown(only['query'] ?? '');
}

const oldClaim = 'http://schemas.microsoft.com/identity/claims/objectidentifier';
const flatClaim = 'identity_claim_http_schemas_microsoft_com_identity_claims_objectidentifier_g';
/**
 * One call of a vault in each table that may hold it, with the columns of
 * learn.microsoft.com/azure/azure-monitor/reference/tables/azkvauditlogs and .../azurediagnostics; claims of both kinds of token.
 */
const shapes: Record<string, { table: string; columns: string[]; caller: (oid: string) => Row }> = {
  'AZKVAuditLogs, a token of v2': {
    table: 'AZKVAuditLogs',
    columns: ['OperationName', '_ResourceId', 'Identity', 'CallerIpAddress', 'ResultSignature'],
    caller: (oid) => ({ Identity: { claim: { oid, appid: somebody } } }),
  },
  'AZKVAuditLogs, a token of v1': {
    table: 'AZKVAuditLogs',
    columns: ['OperationName', '_ResourceId', 'Identity', 'CallerIpAddress', 'ResultSignature'],
    caller: (oid) => ({ Identity: { claim: { [oldClaim]: oid, appid: somebody } } }),
  },
  'AZKVAuditLogs, the identity as a text': {
    table: 'AZKVAuditLogs',
    columns: ['OperationName', '_ResourceId', 'Identity', 'CallerIpAddress', 'ResultSignature'],
    caller: (oid) => ({ Identity: JSON.stringify({ claim: { oid } }) }),
  },
  'AzureDiagnostics, a token of v2': {
    table: 'AzureDiagnostics',
    columns: ['OperationName', '_ResourceId', 'ResourceProvider', 'CallerIPAddress', 'ResultSignature'],
    caller: (oid) => ({ identity_claim_oid_g: oid, identity_claim_appid_g: somebody }),
  },
  'AzureDiagnostics, a token of v1': {
    table: 'AzureDiagnostics',
    columns: ['OperationName', '_ResourceId', 'ResourceProvider', 'CallerIPAddress', 'ResultSignature'],
    caller: (oid) => ({ [flatClaim]: oid, identity_claim_appid_g: somebody }),
  },
};

const ours = '/subscriptions/s/resourcegroups/g/providers/microsoft.keyvault/vaults/kv-custodian-a';

describe.each(Object.entries(shapes))("a custodian's log, in %s", (_shape, { table, columns, caller }) => {
  /** How many calls a rule tells of this one. */
  const told = (rule: string, OperationName: string, row: Row, from = made): number => {
    // The other table is not there: Azure makes none before its first row.
    const workspace: Workspace = {
      [table]: { columns, rows: [{ OperationName, _ResourceId: ours, ...row }] },
    };
    return found(queryOf(rule, from), workspace).length;
  };

  it('tells of each unwrap that is not recover’s', () => {
    expect(told('unwrapped-by-another', 'KeyUnwrap', caller(somebody))).toBe(1);
    expect(told('unwrapped-by-another', 'KeyUnwrap', caller(recover))).toBe(0);
    expect(told('unwrapped-by-another', 'KeyUnwrap', caller(recover.toUpperCase()))).toBe(0);
  });

  it('tells of one whose caller cannot be read', () => {
    expect(told('unwrapped-by-another', 'KeyUnwrap', {})).toBe(1);
    expect(told('unwrapped-by-another', 'KeyUnwrap', caller(''))).toBe(1);
  });

  it('tells of every one where recover has no right here', () => {
    const alone = deploy('custodian.bicep', { ...parameters, recoverPrincipalId: '' });
    for (const oid of [recover, somebody, ''])
      expect(told('unwrapped-by-another', 'KeyUnwrap', caller(oid), alone)).toBe(1);
  });

  it('tells of no other call, and of no other vault', () => {
    expect(told('unwrapped-by-another', 'KeyWrap', caller(somebody))).toBe(0);
    const another = { ...caller(somebody), _ResourceId: `${ours}-too` };
    expect(told('unwrapped-by-another', 'KeyUnwrap', another)).toBe(0);
    expect(told('key-changed-or-deleted', 'KeyDelete', another)).toBe(0);
  });

  it.each(['Delete', 'Purge', 'Update', 'Backup', 'Restore', 'Recover', 'Import', 'Release'])(
    'tells of Key%s, whoever it was',
    (operation) => {
      for (const oid of [recover, somebody])
        expect(told('key-changed-or-deleted', `Key${operation}`, caller(oid))).toBe(1);
    },
  );

  it('tells of a vault that is gone, and of no daily call', () => {
    for (const operation of ['VaultDelete', 'VaultPurge'])
      expect(told('key-changed-or-deleted', operation, caller(somebody))).toBe(1);
    for (const operation of ['KeyGet', 'KeyWrap', 'KeyUnwrap', 'Authentication'])
      expect(told('key-changed-or-deleted', operation, caller(recover))).toBe(0);
  });
});

it('a log that is in both tables, after Azure changed its mind, is told of both', () => {
  const workspace: Workspace = {};
  for (const { table, columns, caller } of Object.values(shapes)) {
    const row = { OperationName: 'KeyUnwrap', _ResourceId: ours, ...caller(somebody) };
    workspace[table] = { columns, rows: [...(workspace[table]?.rows ?? []), row] };
  }
  expect(found(queryOf('unwrapped-by-another'), workspace)).toHaveLength(Object.keys(shapes).length);
});

describe("a custodian's alarms", () => {
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

  /** Operation, and in what it is watched for; each asked without any other condition. */
  const watched = madeOf(made, 'Microsoft.Insights/activityLogAlerts').flatMap(({ fields }) => {
    expect(fields).toMatchObject({
      location: 'global',
      properties: {
        enabled: true,
        scopes: [expect.any(String)],
        condition: { allOf: [{ field: 'category', equals: 'Administrative' }, { anyOf: expect.anything() }] },
        actions: { actionGroups: [{ actionGroupId: 'actionGroups/kv-Custodian-a-owner' }] },
      },
    });
    const { scopes, condition: of } = fields['properties'] as {
      scopes: [string];
      condition: { allOf: [object, { anyOf: { field: string; equals: string }[] }] };
    };
    // One is enough for the alert: each of these alone.
    expect(Object.keys(of)).toEqual(['allOf']);
    expect(of.allOf).toHaveLength(2);
    return of.allOf[1].anyOf.map(({ field, equals }) => {
      expect(field).toBe('operationName');
      return `${equals} in ${scopes[0]}`;
    });
  });
  const subscription = 'the subscription';
  const group = 'the resource group';

  /** Azure has no such operation: learn.microsoft.com/azure/role-based-access-control/permissions. */
  const never = [
    // The vault's own log has it (KeyDelete).
    'Microsoft.KeyVault/vaults/keys/delete',
    // Taking an eligibility away is a request, too.
    'Microsoft.Authorization/roleEligibilityScheduleRequests/delete',
  ];

  it('tell of each write and each deletion of what the deployment makes, rights in the whole subscription', () => {
    const types = [...new Set(made.resources.map(({ type }) => type))];
    expect(types.length).toBeGreaterThan(9);
    const wanted = types
      .flatMap((type) => [`${type}/write`, `${type}/delete`])
      .filter((operation) => !never.includes(operation))
      .map((one) => `${one} in ${one.startsWith('Microsoft.Authorization/') ? subscription : group}`);
    expect(wanted.filter((one) => !watched.includes(one))).toEqual([]);
  });

  it.each([
    // An alert processing rule suppresses what it likes, from any group.
    ['suppressed', 'Microsoft.AlertsManagement/actionRules/write', subscription],
    ['no longer suppressed as planned', 'Microsoft.AlertsManagement/actionRules/delete', subscription],
    // Activated, or active until a time.
    ['a right by PIM', 'Microsoft.Authorization/roleAssignmentScheduleRequests/write', subscription],
    ['PIM asks for less', 'Microsoft.Authorization/roleManagementPolicies/write', subscription],
    ['nobody approves', 'Microsoft.Authorization/roleManagementPolicies/approvalRule/action', subscription],
    ['a lock', 'Microsoft.Authorization/locks/write', subscription],
    ['a lock less', 'Microsoft.Authorization/locks/delete', subscription],
    // Alerts ask no table of the plan "Basic".
    ['a table of the log', 'Microsoft.OperationalInsights/workspaces/tables/write', group],
    ['a table less', 'Microsoft.OperationalInsights/workspaces/tables/delete', group],
    ['a way in', 'Microsoft.KeyVault/vaults/PrivateEndpointConnectionsApproval/action', group],
    [
      'a way in, put on the vault itself',
      'Microsoft.KeyVault/vaults/privateEndpointConnections/write',
      group,
    ],
    ['rights by the vault itself', 'Microsoft.KeyVault/vaults/accessPolicies/write', group],
    ['a way in less: rejected or cut', 'Microsoft.KeyVault/vaults/privateEndpointConnections/delete', group],
    // Away from under these scopes.
    ['moved', 'Microsoft.Resources/subscriptions/resourceGroups/moveResources/action', group],
    ['all of it deleted', 'Microsoft.Resources/subscriptions/resourceGroups/delete', group],
  ])('tell of what could make them silent: %s', (_what, operation, scope) => {
    expect(watched).toContain(`${operation} in ${scope}`);
  });

  it('have no two of one name, and none that is watched twice', () => {
    const names = made.resources
      .filter(({ type }) => type.startsWith('Microsoft.Insights/'))
      .map(({ id }) => id);
    expect(new Set(names).size).toBe(names.length);
    expect(new Set(watched).size).toBe(watched.length);
    expect(condition(declared(custodian, 'resource', 'changes'))).toBe('for kind in watched');
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
      // AZKVAuditLogs; else AzureDiagnostics has it, and the alarms ask both.
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
