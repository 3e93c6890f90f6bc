/**
 * A FAKE of Azure Resource Manager, and says so in every answer: one Key Vault's resource, the role assignments of principals
 * there, and role definitions. Over verified TLS, at Resource Manager's own name. It writes nothing and knows no groups.
 */
import { randomBytes, randomUUID } from 'node:crypto';
import type { LookupFunction } from 'node:net';
import type { HostReplaced } from '../../../shared/compose/own-http.ts';
import { type Endpoint, startEndpoint } from '../hostile/endpoint.ts';
import { createAuthority } from '../pki.ts';
import { builtIn, type FakeRole } from './roles.ts';

export type ArmOperation = 'vault' | 'assignments' | 'definition';

export interface FakeArm {
  token: string;
  vaultId: string;
  received: Endpoint['received'];
  /** Where compose finds it instead of the real one. */
  replaced: HostReplaced;
  /** Properties of the vault's resource. */
  vault: Record<string, unknown>;
  /** Assignments on one page. */
  pageSize: number;
  /** A further page is said to be here, instead. */
  nextLink: string | undefined;
  /** @param scope default: the vault. */
  assign(principal: string, role: FakeRole, scope?: string): void;
  unassignAll(): void;
  /** Until it heals, answers of this kind are this. */
  fail(operation: ArmOperation, fault: { status: number; body?: string } | 'hang'): void;
  heal(): void;
  close(): Promise<void>;
}

const name = 'management.azure.com';
const says = { 'content-type': 'application/json', 'x-fake': 'not Azure Resource Manager' };

export async function startArm(vaultName: string): Promise<FakeArm> {
  const authority = await createAuthority('fake ARM CA');
  const certificate = await authority.issue({ names: [name] });
  const token = randomBytes(24).toString('base64url');
  const group = `/subscriptions/${randomUUID()}/resourceGroups/rg-vault`;
  const vaultId = `${group}/providers/Microsoft.KeyVault/vaults/${vaultName}`;
  let assigned: { principal: string; role: FakeRole; scope: string }[] = [];
  const custom = new Map<string, FakeRole>(Object.values(builtIn).map((role) => [role.id, role]));
  const faults = new Map<ArmOperation, { status: number; body?: string } | 'hang'>();

  function work(operation: ArmOperation, url: URL): object | undefined {
    if (operation === 'vault') {
      if (url.searchParams.get('api-version') !== '2023-07-01') return undefined;
      return { id: vaultId, name: vaultName, properties: fake.vault };
    }
    if (url.searchParams.get('api-version') !== '2022-04-01') return undefined;
    if (operation === 'definition') {
      const role = custom.get(url.pathname.split('/').at(-1) ?? '');
      return (
        role && { id: url.pathname, properties: { roleName: role.roleName, permissions: role.permissions } }
      );
    }
    const principal = /^assignedTo\('([0-9a-f-]{36})'\)$/.exec(url.searchParams.get('$filter') ?? '')?.[1];
    if (principal === undefined) return undefined;
    const own = assigned.filter((one) => one.principal === principal);
    const from = Number(url.searchParams.get('$skipToken') ?? 0);
    const next = new URL(url);
    next.searchParams.set('$skipToken', String(from + fake.pageSize));
    return {
      value: own.slice(from, from + fake.pageSize).map(({ role, scope }) => ({
        id: `${scope}/providers/Microsoft.Authorization/roleAssignments/${randomUUID()}`,
        properties: {
          scope,
          principalId: principal,
          roleDefinitionId: `${group.split('/resourceGroups')[0]}/providers/Microsoft.Authorization/roleDefinitions/${role.id}`,
        },
      })),
      nextLink: fake.nextLink ?? (from + fake.pageSize < own.length ? next.href : null),
    };
  }

  const endpoint = await startEndpoint({
    certificate,
    behaviour({ method, path, headers }, response) {
      const send = (status: number, body: string) => response.writeHead(status, says).end(body);
      const url = new URL(path, `https://${name}`);
      const operation = operationOf(url.pathname, vaultId);
      const fault = operation && faults.get(operation);
      if (fault === 'hang') return;
      if (headers.authorization !== `Bearer ${token}`)
        return send(401, refusal('InvalidAuthenticationToken'));
      if (fault) return send(fault.status, fault.body ?? refusal('Injected'));
      const body = operation && method === 'GET' ? work(operation, url) : undefined;
      if (body === undefined) return send(404, refusal('ResourceNotFound'));
      send(200, JSON.stringify(body));
    },
  });

  const fake: FakeArm = {
    token,
    vaultId,
    received: endpoint.received,
    replaced: { port: endpoint.port, ca: authority.certPem, lookup: toLoopback },
    vault: { enableRbacAuthorization: true, enableSoftDelete: true, enablePurgeProtection: true },
    pageSize: 100,
    nextLink: undefined,
    assign(principal, role, scope = vaultId) {
      custom.set(role.id, role);
      assigned.push({ principal, role, scope });
    },
    unassignAll() {
      assigned = [];
    },
    fail: (operation, fault) => void faults.set(operation, fault),
    heal: () => faults.clear(),
    close: () => endpoint.close(),
  };
  return fake;
}

function operationOf(path: string, vaultId: string): ArmOperation | undefined {
  if (path === vaultId) return 'vault';
  const own = `${vaultId}/providers/Microsoft.Authorization/`;
  if (path === `${own}roleAssignments`) return 'assignments';
  return path.startsWith(`${own}roleDefinitions/`) ? 'definition' : undefined;
}

function refusal(code: string): string {
  return JSON.stringify({
    error: { code, message: 'this is a fake Resource Manager of tests, and this is its own sentence' },
  });
}

const toLoopback: LookupFunction = (_name, options, found) => {
  if (options.all) found(null, [{ address: '127.0.0.1', family: 4 }]);
  else found(null, '127.0.0.1', 4);
};
