/**
 * Reads at Azure Resource Manager, with Sealwatch's own identity, how a seal's vault is protected and what the nodes' identity
 * may do there (Key Vault REST 2023-07-01; Authorization REST 2022-04-01). ../judge/vault-rights.ts says what it means.
 */
import { z } from 'zod';
import type { Tried } from '../readiness.ts';
import type { GrantedRole, VaultFacts, VaultPolicies } from './vault-facts.ts';

export type ArmReply =
  | { answered: true; status: number; body: Buffer }
  | { answered: false; why: 'no-token' | 'timeout' | 'no-answer' | 'refused-address' | 'too-large' };

/** GET below https://management.azure.com; rejects for nothing. */
export type ArmHttp = (path: string) => Promise<ArmReply>;

export interface VaultAsked {
  /** ARM resource id of the vault. */
  vaultId: string;
  /** Object id of the identity that the nodes sign in with. */
  principal?: string;
}

const permissions = z.object({
  actions: z.array(z.string()).nullish().transform(list),
  notActions: z.array(z.string()).nullish().transform(list),
  dataActions: z.array(z.string()).nullish().transform(list),
  notDataActions: z.array(z.string()).nullish().transform(list),
});
const definition = z.object({
  properties: z.object({ roleName: z.string().nullish(), permissions: z.array(permissions) }),
});
const assignments = z.object({
  value: z.array(z.object({ properties: z.object({ scope: z.string(), roleDefinitionId: z.string() }) })),
  nextLink: z.string().nullish(),
});
const rights = z.array(z.string()).nullish().transform(list);
const vault = z.object({
  properties: z.object({
    enableRbacAuthorization: z.boolean().nullish(),
    enableSoftDelete: z.boolean().nullish(),
    enablePurgeProtection: z.boolean().nullish(),
    accessPolicies: z
      .array(
        z.object({
          objectId: z.string(),
          applicationId: z.string().nullish(),
          permissions: z.object({ keys: rights, secrets: rights, certificates: rights, storage: rights }),
        }),
      )
      .nullish(),
  }),
});

/** Pages of assignments, and different roles, that anybody has at one vault. */
const mostPages = 20;
const mostRoles = 50;

/** Rejects for nothing. A `detail` names the right or the field that is missing. */
export async function readVault(
  { vaultId, principal }: VaultAsked,
  http: ArmHttp,
): Promise<Tried<VaultFacts>> {
  const read = await ask(http, `${vaultId}?api-version=2023-07-01`, vault);
  if (!read.ok) return read;
  const { enableRbacAuthorization, enableSoftDelete, enablePurgeProtection, accessPolicies } =
    read.value.properties;
  const facts: VaultFacts = {
    // Soft delete cannot be turned off any more: only where it is said is it off.
    softDelete: enableSoftDelete !== false,
    purgeProtection: enablePurgeProtection === true,
  };
  if (principal === undefined) return { ok: true, value: facts };
  const roles = await rolesOf(vaultId, principal, http);
  if (!roles.ok) return { ok: true, value: { ...facts, rights: roles } };
  const policies =
    enableRbacAuthorization === true ? undefined : policiesFor(principal, accessPolicies ?? []);
  const rights = { roles: roles.value, ...(policies && { policies }) };
  return { ok: true, value: { ...facts, rights: { ok: true, value: rights } } };
}

async function rolesOf(vaultId: string, principal: string, http: ArmHttp): Promise<Tried<GrantedRole[]>> {
  const place = `${vaultId}/providers/Microsoft.Authorization`;
  // Those of its groups are in it, at the vault, above and below (Authorization REST, "List role assignments").
  const filter = encodeURIComponent(`assignedTo('${principal}')`);
  const first = `${place}/roleAssignments?api-version=2022-04-01&$filter=${filter}`;
  const found: { scope: string; role: string }[] = [];
  let path: string | undefined = first;
  for (let pages = 0; path !== undefined; pages += 1) {
    const page: Tried<z.infer<typeof assignments>> =
      pages < mostPages ? await ask(http, path, assignments) : tooMany('pages of role assignments');
    if (!page.ok) return page;
    for (const { properties } of page.value.value) {
      // Asked for below this vault, where Reader on it is enough; nothing of the answer becomes a path but an id.
      const role = /\/([0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12})$/i.exec(properties.roleDefinitionId)?.[1];
      if (role === undefined) return odd();
      found.push({ scope: properties.scope, role });
    }
    const nextLink: string = page.value.nextLink ?? '';
    path = nextLink === '' ? undefined : within(nextLink, first);
    if (nextLink !== '' && path === undefined) return odd();
  }
  const names = [...new Set(found.map(({ role }) => role.toLowerCase()))];
  if (names.length > mostRoles) return tooMany('roles');
  const known = new Map<string, Omit<GrantedRole, 'scope'>>();
  for (const name of names) {
    const read = await ask(http, `${place}/roleDefinitions/${name}?api-version=2022-04-01`, definition);
    if (!read.ok) return read;
    const { roleName, permissions } = read.value.properties;
    known.set(name, { name: shownName(roleName ?? '') ?? name, permissions });
  }
  return {
    ok: true,
    value: found.flatMap(({ scope, role }) => {
      const of = known.get(role.toLowerCase());
      return of ? [{ scope, ...of }] : [];
    }),
  };
}

function policiesFor(
  principal: string,
  all: NonNullable<z.infer<typeof vault>['properties']['accessPolicies']>,
): VaultPolicies {
  // One with an application id holds for that application on behalf of a user: no node signs in so.
  const whole = all.filter(({ applicationId }) => !applicationId);
  const isOwn = ({ objectId }: { objectId: string }) => objectId.toLowerCase() === principal.toLowerCase();
  const own = whole.filter(isOwn).map(({ permissions }) => permissions);
  return {
    keys: own.flatMap(({ keys }) => keys),
    others: own.flatMap(({ secrets, certificates, storage }) => [
      ...secrets.map((right) => `${right} on secrets`),
      ...certificates.map((right) => `${right} on certificates`),
      ...storage.map((right) => `${right} on storage accounts`),
    ]),
    // Any of them may be a group that the principal is in.
    ofOthers: whole.filter((policy) => !isOwn(policy)).flatMap(({ permissions }) => permissions.keys),
  };
}

/** The path of a further page; undefined where it leads anywhere else. */
function within(nextLink: string, first: string): string | undefined {
  if (!URL.canParse(nextLink)) return undefined;
  const { origin, pathname, search } = new URL(nextLink);
  const [own = ''] = first.split('?');
  const isOwn = origin === 'https://management.azure.com' && pathname.toLowerCase() === own.toLowerCase();
  return isOwn ? `${pathname}${search}` : undefined;
}

async function ask<S extends z.ZodType>(http: ArmHttp, path: string, schema: S): Promise<Tried<z.infer<S>>> {
  const reply = await http(path);
  if (!reply.answered) return failed('unreachable', silent[reply.why]);
  const { status, body } = reply;
  if (status === 403)
    return failed(
      'denied',
      "Azure Resource Manager refuses (403): grant the rotate app's identity the role Reader on the vault (seal.vaultId)",
    );
  if (status === 401)
    return failed(
      'denied',
      "Azure Resource Manager refuses Sealwatch's own identity (401): is it of the vault's tenant?",
    );
  if (status === 404)
    return failed(
      'missing',
      'Azure Resource Manager knows no such vault (404): seal.vaultId names another one',
    );
  if (status === 429) return failed('throttled', 'Azure Resource Manager throttles (429)');
  if (status !== 200) return failed('odd', `Azure Resource Manager cannot say (${status})`);
  const parsed = schema.safeParse(json(body));
  return parsed.success ? { ok: true, value: parsed.data } : odd();
}

const silent: Record<Extract<ArmReply, { answered: false }>['why'], string> = {
  'no-token': "Sealwatch's own identity gets no token for Azure Resource Manager",
  timeout: 'management.azure.com did not answer in time',
  'no-answer': 'management.azure.com gives no answer',
  'refused-address': 'management.azure.com resolves to an address that is never called: look at the DNS',
  'too-large': 'management.azure.com answers with more than is read',
};

function failed(code: string, detail: string): Tried<never> {
  return { ok: false, code, detail: `rights at the vault are not seen: ${detail}` };
}

function odd(): Tried<never> {
  return failed('odd', 'management.azure.com does not answer like Azure Resource Manager');
}

function tooMany(what: string): Tried<never> {
  return failed('odd', `there are more ${what} than are read`);
}

function json(body: Buffer): unknown {
  try {
    return JSON.parse(body.toString('utf8'));
  } catch {
    return undefined;
  }
}

function list(values: string[] | null | undefined): string[] {
  return values ?? [];
}

/** A role's name is its maker's: only a plain one is shown. */
function shownName(name: string): string | undefined {
  return /^[A-Za-z0-9][A-Za-z0-9 _.()/-]{0,63}$/.test(name) ? name : undefined;
}
