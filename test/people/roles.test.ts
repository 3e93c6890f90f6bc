import { describe, expect, it } from 'vitest';
import type { Role } from '../../shared/people/person.ts';
import { parseRole, requireRole } from '../../shared/people/roles.ts';
import { person } from './build.ts';

describe('a role', () => {
  const cases: [Role, Role, boolean][] = [
    ['Sealwatch.Read', 'Sealwatch.Read', true],
    ['Sealwatch.Read', 'Sealwatch.Operate', false],
    ['Sealwatch.Read', 'Sealwatch.Approve', false],
    ['Sealwatch.Operate', 'Sealwatch.Read', true],
    ['Sealwatch.Operate', 'Sealwatch.Operate', true],
    ['Sealwatch.Operate', 'Sealwatch.Approve', false],
    ['Sealwatch.Approve', 'Sealwatch.Read', true],
    ['Sealwatch.Approve', 'Sealwatch.Operate', false],
    ['Sealwatch.Approve', 'Sealwatch.Approve', true],
  ];
  it.each(cases)('%s on a route for %s: %s', (has, needs, allowed) => {
    expect(requireRole(person('ada', { roles: [has] }), needs).ok).toBe(allowed);
  });

  it('that is missing is named, with the fix', () => {
    expect(requireRole(person('ada', { roles: ['Sealwatch.Read'] }), 'Sealwatch.Approve')).toEqual({
      ok: false,
      status: 403,
      code: 'role-missing',
      message: 'this needs the role Sealwatch.Approve: have it assigned to you, then get a new token',
    });
  });

  it.each([
    ['approve', 'Sealwatch.Approve'],
    ['Operate', 'Sealwatch.Operate'],
    ['Sealwatch.Read', 'Sealwatch.Read'],
    ['admin', undefined],
    ['', undefined],
  ])('typed as %j is %s', (typed, role) => {
    expect(parseRole(typed)).toBe(role);
  });
});
