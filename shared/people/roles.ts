/** Which role a route needs, and who has it. */
import type { Person, Role } from './person.ts';

export const roles = ['Sealwatch.Read', 'Sealwatch.Operate', 'Sealwatch.Approve'] as const satisfies Role[];

export type RoleCheck = { ok: true } | { ok: false; status: 403; code: 'role-missing'; message: string };

/** Whoever may act may also see; acting and approving are apart. */
export function requireRole(person: Person, role: Role): RoleCheck {
  const has = role === 'Sealwatch.Read' ? person.roles.length > 0 : person.roles.includes(role);
  if (has) return { ok: true };
  const message = `this needs the role ${role}: have it assigned to you, then get a new token`;
  return { ok: false, status: 403, code: 'role-missing', message };
}

/** `approve` or `Sealwatch.Approve`, as typed on a command line. */
export function parseRole(text: string): Role | undefined {
  const word = text
    .trim()
    .toLowerCase()
    .replace(/^sealwatch\./, '');
  return roles.find((role) => role.toLowerCase() === `sealwatch.${word}`);
}
