/** Names and types of properties, by tsc and the types of Azure's SDKs: what the Bicep CLI would say, as far as they go. */
import { spawn } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { text } from 'node:stream/consumers';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { literalsOf } from './bicep/literals.ts';
import { parseTemplate, readTemplates } from './bicep/template.ts';

const modules = join(import.meta.dirname, '../../node_modules');
let folder: string;
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'sealwatch-bicep-'));
});
afterAll(() => rmSync(folder, { recursive: true, force: true }));

/** tsc's complaints about a source. */
async function complaints(name: string, source: string): Promise<string[]> {
  const file = join(folder, `${name}.ts`);
  const config = join(folder, `${name}.json`);
  writeFileSync(file, source);
  writeFileSync(
    config,
    JSON.stringify({
      compilerOptions: {
        noEmit: true,
        strict: true,
        skipLibCheck: true,
        module: 'nodenext',
        target: 'es2024',
        types: [],
        typeRoots: [],
        paths: { '@azure/*': [`${modules}/@azure/*`] },
      },
      files: [file],
    }),
  );
  const tsc = spawn(join(modules, '.bin/tsc'), ['-p', config, '--pretty', 'false'], { timeout: 50_000 });
  const [out, errors] = await Promise.all([text(tsc.stdout), text(tsc.stderr)]);
  return `${out}${errors}`.split('\n').filter((line) => line.includes('error'));
}

describe('properties of resources', () => {
  it('are those that Azure knows, with values of their types', async () => {
    const { source, checked, unchecked } = literalsOf((await readTemplates()).values());
    expect(checked.length).toBeGreaterThan(12);
    // Without types in the installed SDKs: syntax and checkov is all that looks at these.
    expect(unchecked).toEqual([
      'Microsoft.Authorization/locks',
      'Microsoft.Authorization/roleAssignments',
      'Microsoft.Authorization/roleDefinitions',
      'Microsoft.Authorization/roleEligibilityScheduleRequests',
      'Microsoft.Consumption/budgets',
      'Microsoft.Insights/actionGroups',
      'Microsoft.Insights/activityLogAlerts',
      'Microsoft.Insights/components',
      'Microsoft.Insights/diagnosticSettings',
      'Microsoft.Insights/scheduledQueryRules',
      'Microsoft.ManagedIdentity/userAssignedIdentities/federatedIdentityCredentials',
      'Microsoft.Network/natGateways',
      'Microsoft.Network/networkSecurityGroups',
      'Microsoft.Network/privateDnsZones/virtualNetworkLinks',
      'Microsoft.Network/privateEndpoints',
      'Microsoft.Network/privateEndpoints/privateDnsZoneGroups',
      'Microsoft.Network/publicIPAddresses',
      'Microsoft.Network/virtualNetworks',
      'Microsoft.Network/virtualNetworks/virtualNetworkPeerings',
      'Microsoft.OperationalInsights/workspaces',
    ]);
    expect(await complaints('infra', source)).toEqual([]);
  });

  it.for([
    ['a misspelt name', 'allowSharedKeyAcess: false', 'allowSharedKeyAcess'],
    ['a value of a wrong type', "allowSharedKeyAccess: 'no'", 'boolean'],
    ['a name in the wrong place', 'siteConfig: { httpsOnly: true }', 'siteConfig'],
    ['a word that is none of the known', "networkAcls: { defaultAction: 'Refuse' }", 'Refuse'],
  ])('%s is found', async ([, property = '', word = '']) => {
    const broken = await parseTemplate(
      'broken.bicep',
      `resource a 'Microsoft.Storage/storageAccounts@2024-01-01' = {\n  properties: {\n    ${property}\n  }\n}\n`,
    );
    expect(broken.problems).toEqual([]);
    const said = await complaints('broken', literalsOf([broken]).source);
    expect(said).toHaveLength(1);
    expect(said[0]).toContain(word);
  });
});
