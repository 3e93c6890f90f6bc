/** Roles: what Azure calls each number, and what our own may do. */
import { type Deployed, type Known, Made } from './bicep/deploy.ts';
import { isObject, Later, listOf, shown } from './bicep/known.ts';

/** learn.microsoft.com/azure/role-based-access-control/built-in-roles. No Owner, no Contributor, no User Access Administrator. */
export const builtIn: Record<string, string> = {
  '0a9a7e1f-b9d0-4cc4-a60d-0319b160aaa3': 'Storage Table Data Contributor',
  '21090545-7ca7-4776-b22c-e363652d74d2': 'Key Vault Reader',
  '2a2b9908-6ea1-4ae2-8e65-a410df84e7d1': 'Storage Blob Data Reader',
  '3913510d-42f4-4e42-8a64-420c390055eb': 'Monitoring Metrics Publisher',
  '4633458b-17de-408a-b874-0445c86b69e6': 'Key Vault Secrets User',
  '76199698-9eea-4c19-bc75-cec21354c6b6': 'Storage Table Data Reader',
  'acdd72a7-3385-48ef-bd42-f606fba81ae7': 'Reader',
  'b7e6dc6d-f1e8-4753-8033-0f276bb0955b': 'Storage Blob Data Owner',
  'ba92f5b4-2d11-453d-a403-e96b0029c9fe': 'Storage Blob Data Contributor',
  'c6a89b2d-59bc-44d0-9896-0f6e12d7b80a': 'Storage Queue Data Message Sender',
  'de139f84-1756-47ae-9be6-808fbbe84772': 'Website Contributor',
  'e147488a-f6f5-4113-8e2d-b22465e65bf6': 'Key Vault Crypto Service Encryption User',
};

export interface Assigned {
  /** An app, `deploys-APP`, or what a parameter names. */
  who: string;
  /** `table live`, `queue probe`, `blob escrow`, or the id of what it is on. */
  on: string;
  /** Its name; one of ours by what it may do. */
  role: string | string[];
  principalType: string;
  /** Of the assignment: Azure refuses a second one of the same right under another name. */
  name: string;
}

export function assignedBy(deployed: Deployed): Assigned[] {
  return deployed.resources
    .filter(({ type }) => type === 'Microsoft.Authorization/roleAssignments')
    .map(({ name, fields }) => {
      const { scope, properties } = fields;
      if (!isObject(properties)) throw new Error(`${name} has no properties`);
      return {
        who: whoIs(properties['principalId'] ?? null),
        on: scope instanceof Made ? thing(scope.id) : 'the whole resource group',
        role: roleOf(deployed, shown(properties['roleDefinitionId'] ?? '')),
        principalType: shown(properties['principalType'] ?? ''),
        name,
      };
    });
}

function whoIs(principal: Known): string {
  if (!(principal instanceof Later)) return shown(principal);
  const [, name] =
    /^userAssignedIdentities\/sealwatch-(.+)\.properties\.principalId$/.exec(principal.path) ?? [];
  return name ?? principal.path;
}

/** Of the data account; others by their id. */
function thing(id: string): string {
  return id
    .replace(/^storageAccounts\/swdataunique\/tableServices\/default\/tables\//, 'table ')
    .replace(/^storageAccounts\/swdataunique\/queueServices\/default\/queues\//, 'queue ')
    .replace(/^storageAccounts\/swdataunique\/blobServices\/default\/containers\//, 'blob ');
}

function roleOf({ resources }: Deployed, id: string): string | string[] {
  const own = resources.find((made) => made.id === id && made.type.endsWith('/roleDefinitions'));
  if (own) return actionsOf(own);
  return builtIn[id.replace(/^roleDefinitions\//, '')] ?? id;
}

/** All that a role of ours may do; nothing is taken away again by it. */
export function actionsOf({ fields: { properties } }: Made): string[] {
  const [permissions, ...others] = isObject(properties) ? listOf(properties['permissions'] ?? []) : [];
  if (!isObject(permissions) || others.length > 0) throw new Error('not one set of permissions');
  return [...listOf(permissions['actions'] ?? []), ...listOf(permissions['dataActions'] ?? [])].map(shown);
}
