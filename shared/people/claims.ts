/** What a token with a good signature must say to be a person's (rule 7). Pure. */
import { z } from 'zod';
import type { Person, Role } from './person.ts';
import { type Refusal, type RefusalCode, refuse } from './refusal.ts';
import { roles as knownRoles } from './roles.ts';
import { guid, type TokenSettings } from './settings.ts';

/** A claim of the wrong type is as good as none. */
const text = z.string().optional().catch(undefined);

/** https://learn.microsoft.com/en-us/entra/identity-platform/access-token-claims-reference */
const Claims = z.object({
  ver: text,
  tid: text,
  iss: text,
  aud: text,
  idtyp: z.unknown().optional(),
  scp: text,
  azp: text,
  oid: text,
  roles: z.array(z.unknown()).catch([]),
  preferred_username: text,
  name: text,
});
type Claims = z.infer<typeof Claims>;

/** In this order: the first that fails is told, so what tells a person most comes first. */
const conditions: { code: RefusalCode; holds: (claims: Claims, settings: TokenSettings) => boolean }[] = [
  { code: 'token-version', holds: ({ ver }) => ver === '2.0' },
  { code: 'token-tenant', holds: ({ tid }, { tenant }) => tid === tenant },
  { code: 'token-issuer', holds: ({ iss }, { issuer }) => iss === issuer },
  { code: 'token-audience', holds: ({ aud }, { audience }) => aud === audience },
  // App-only tokens have roles and no scp; `idtyp` is an optional claim that says so outright.
  {
    code: 'token-app-only',
    holds: ({ scp, idtyp }) => scp !== undefined && (idtyp === undefined || idtyp === 'user'),
  },
  { code: 'token-client', holds: ({ azp }, { clients }) => azp !== undefined && clients.includes(azp) },
  { code: 'token-scope', holds: ({ scp }, { scope }) => scp?.split(' ').includes(scope) === true },
  { code: 'token-person', holds: ({ oid }, settings) => oid !== undefined && isObjectId(oid, settings) },
  { code: 'token-role', holds: ({ roles }) => rolesOf(roles).length > 0 },
];

/** Names of the embedded host's own issuer: they become part of Person.id. */
export const localName = /^[a-z0-9._-]{1,64}$/;

/** @param payload verified: signature and times. */
export function personOf(payload: unknown, settings: TokenSettings): { ok: true; person: Person } | Refusal {
  const parsed = Claims.safeParse(payload);
  if (!parsed.success) return refuse('token-malformed');
  const failed = conditions.find(({ holds }) => !holds(parsed.data, settings));
  if (failed) return refuse(failed.code);
  const { oid = '', preferred_username, name, roles } = parsed.data;
  const id = oid.toLowerCase();
  return {
    ok: true,
    person: {
      // Lower case: a GUID in two spellings must not be two people.
      id: `${settings.tenant}/${id}`,
      name: shown(preferred_username) ?? shown(name) ?? id,
      roles: rolesOf(roles),
    },
  };
}

function isObjectId(oid: string, { objectId }: TokenSettings): boolean {
  return (objectId === 'guid' ? guid : localName).test(oid);
}

function rolesOf(claimed: unknown[]): Role[] {
  return knownRoles.filter((role) => claimed.includes(role));
}

/** Names are free text of the directory: one line, no control or direction characters. */
function shown(name: string | undefined): string | undefined {
  const plain = name?.replace(/[\p{C}\p{Zl}\p{Zp}]+/gu, ' ').trim();
  return plain ? plain.slice(0, 100).toWellFormed() : undefined;
}
