/** The rotate app's routes, over HTTP: with every token that may not use them, and what they say of unknown clusters. */
import { writeFile } from 'node:fs/promises';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { Role } from '../../shared/people/person.ts';
import { type RecoverHost, startHostOf } from './recover-host.ts';

const fleet = `
version: 1
clusters:
  payments:
    nodes: ["https://vault-0.example.com:8200"]
`;

const roles: Role[] = ['Sealwatch.Read', 'Sealwatch.Operate', 'Sealwatch.Approve'];
const routes: { method: string; path: string; wrong: Role[]; right: Role[] }[] = [
  // Whoever may operate or approve may read.
  { method: 'GET', path: 'readiness', wrong: [], right: roles },
  {
    method: 'POST',
    path: 'readiness/payments',
    wrong: ['Sealwatch.Read', 'Sealwatch.Approve'],
    right: ['Sealwatch.Operate'],
  },
];

let host: RecoverHost;
beforeAll(async () => {
  host = await startHostOf('rotate', ['read-readiness', 'exercise']);
}, 30_000);
afterAll(() => host.close());

async function ask(method: string, path: string, authorization?: string) {
  const response = await fetch(`${host.url}/${path}`, {
    method,
    headers: {
      'x-ms-client-principal-id': 'ada',
      'x-functions-key': 'a-key',
      ...(authorization && { authorization }),
    },
  });
  return { status: response.status, body: (await response.json()) as { error: string; message: string } };
}
const as = (role: Role) => `Bearer ${host.tokens.get(role)}`;

describe.each(routes)('$method $path', ({ method, path, wrong, right }) => {
  it('wants a token, whatever a platform header or key says', async () => {
    expect(await ask(method, path)).toMatchObject({ status: 401, body: { error: 'token-missing' } });
  });

  it('takes no token that is none', async () => {
    expect((await ask(method, path, 'Bearer e30.e30.e30')).status).toBe(401);
  });

  it.each(wrong.map((role) => [role]))('is refused to %s', async (role) => {
    expect(await ask(method, path, as(role))).toMatchObject({ status: 403, body: { error: 'role-missing' } });
  });

  it.each(right.map((role) => [role]))('is open to %s: it fails later, for want of a fleet', async (role) => {
    expect(await ask(method, path, as(role))).toMatchObject({
      status: 503,
      body: { error: 'unavailable', message: expect.stringContaining('cannot be read') as string },
    });
  });
});

describe('once there is a fleet', () => {
  beforeAll(() => writeFile(process.env['SEALWATCH_FLEET'] ?? '', fleet));

  it.each(['nobody', 'PAYMENTS', '..%2f..%2fpayments', encodeURIComponent("a'b#c?d")])(
    'POST readiness/%s: no such cluster, 404, and storage is not asked',
    async (name) => {
      const { status, body } = await ask('POST', `readiness/${name}`, as('Sealwatch.Operate'));
      expect(status).toBe(404);
      expect(body.error).toBe('not-found');
    },
  );
});
