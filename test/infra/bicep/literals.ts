/** A template's properties as TypeScript literals of the types of Azure's SDKs: tsc finds what is misspelt or of a wrong type. */
import { resources, type Template } from './template.ts';
import { Expression, isFields, type Value } from './value.ts';

/** Which SDK says what the properties of a resource are. Other resources' properties nothing checks. */
const types: Record<string, [sdk: string, type: string]> = {
  'Microsoft.KeyVault/vaults': ['arm-keyvault', 'VaultProperties'],
  'Microsoft.KeyVault/vaults/keys': ['arm-keyvault', 'KeyProperties'],
  'Microsoft.Storage/storageAccounts': ['arm-storage', 'StorageAccountPropertiesCreateParameters'],
  'Microsoft.Storage/storageAccounts/blobServices': ['arm-storage', 'BlobServicePropertiesProperties'],
  'Microsoft.Storage/storageAccounts/blobServices/containers': ['arm-storage', 'ContainerProperties'],
  'Microsoft.Storage/storageAccounts/blobServices/containers/immutabilityPolicies': [
    'arm-storage',
    'ImmutabilityPolicyProperty',
  ],
  'Microsoft.Storage/storageAccounts/managementPolicies': ['arm-storage', 'ManagementPolicyProperties'],
  'Microsoft.Web/serverfarms': ['arm-appservice', 'AppServicePlanProperties'],
  'Microsoft.Web/sites': ['arm-appservice', 'SiteProperties'],
  'Microsoft.Web/sites/basicPublishingCredentialsPolicies': [
    'arm-appservice',
    'CsmPublishingCredentialsPoliciesEntityProperties',
  ],
};

/** Where the SDK renames a property: its serialisers write the template's name. */
const renamed: Record<string, Record<string, string>> = {
  'arm-storage': { supportsHttpsTrafficOnly: 'enableHttpsTrafficOnly', networkAcls: 'networkRuleSet' },
};

export interface Literals {
  source: string;
  /** `PATH NAME: TYPE` of each that is in it, and of each that is not. */
  checked: string[];
  unchecked: string[];
}

export function literalsOf(templates: Iterable<Template>): Literals {
  const lines = ['declare const unknownValue: any;', 'declare const condition: boolean;'];
  const checked: string[] = [];
  const unchecked = new Set<string>();
  for (const template of templates) {
    for (const { name, of, fields } of resources(template)) {
      const [type = ''] = of.split('@');
      if (!isFields(fields['properties'])) continue;
      const [sdk, sdkType] = types[type] ?? [];
      if (!sdk || !sdkType) {
        unchecked.add(type);
        continue;
      }
      // One line each: tsc's complaint names it.
      lines.push(
        `export const _${checked.length}: import('@azure/${sdk}').${sdkType} = ${literal(fields['properties'], renamed[sdk] ?? {})}; // ${template.path} ${name}`,
      );
      checked.push(`${template.path} ${name}: ${type}`);
    }
  }
  return { source: `${lines.join('\n')}\n`, checked, unchecked: [...unchecked].sort() };
}

function literal(value: Value, names: Record<string, string>): string {
  const inner = (part: Value) => literal(part, names);
  if (Array.isArray(value)) return `[${value.map(inner).join(', ')}]`;
  if (isFields(value)) {
    const fields = Object.entries(value).map(([name, field]) =>
      name.includes('${')
        ? `[unknownValue]: ${inner(field)}`
        : `${JSON.stringify(names[name] ?? name)}: ${inner(field)}`,
    );
    return `{${fields.join(', ')}}`;
  }
  if (!(value instanceof Expression)) return JSON.stringify(value);
  const [first, second] = value.parts;
  if (value.type === 'ternary_expression' && first !== undefined && second !== undefined)
    // Null leaves a property out.
    return `(condition ? ${inner(first)} : ${second === null ? 'undefined' : inner(second)})`;
  if (value.type === 'for_statement' && first !== undefined) return `[${inner(first)}]`;
  return 'unknownValue';
}
