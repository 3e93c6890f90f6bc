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
interface Route {
  method: string;
  path: string;
  body?: object;
  right: Role[];
  /** What its own role is told, before storage is asked for anything. */
  told: { status: number; error: string };
}
const noFleet = { status: 503, error: 'unavailable' };
const noSuch = { status: 404, error: 'not-found' };
const routes: Route[] = [
  // Whoever may operate or approve may read.
  { method: 'GET', path: 'readiness', right: roles, told: noFleet },
  { method: 'POST', path: 'readiness/payments', right: ['Sealwatch.Operate'], told: noFleet },
  {
    method: 'GET',
    path: 'rotations?cluster=PAY/MENTS',
    right: roles,
    told: { status: 400, error: 'invalid' },
  },
  { method: 'GET', path: 'rotations/nobody', right: roles, told: noSuch },
  {
    method: 'POST',
    path: 'rotations',
    body: { cluster: 'payments', kind: 'transit-token', reason: 'it leaked' },
    right: ['Sealwatch.Operate'],
    told: noFleet,
  },
  {
    method: 'POST',
    path: 'rotations/nobody/confirm',
    body: { reason: 'I restarted them' },
    right: ['Sealwatch.Approve'],
    told: noSuch,
  },
  {
    method: 'POST',
    path: 'rotations/nobody/rollback',
    body: { reason: 'it does not start' },
    right: ['Sealwatch.Operate'],
    told: noSuch,
  },
  {
    method: 'POST',
    path: 'rotations/nobody/forget',
    body: { reason: 'the cluster is gone' },
    right: ['Sealwatch.Approve'],
    told: noSuch,
  },
  {
    method: 'POST',
    path: 'rotations/nobody/approve',
    body: { binding: 'e'.repeat(64) },
    right: ['Sealwatch.Approve'],
    told: noSuch,
  },
];
const files = [
  'read-readiness',
  'exercise',
  'read-rotations',
  'read-rotation',
  'run-rotation',
  'confirm-rotation',
  'roll-back-rotation',
  'forget-rotation',
  'approve-rotation',
];

let host: RecoverHost;
beforeAll(async () => {
  host = await startHostOf('rotate', files);
}, 30_000);
afterAll(() => host.close());

async function ask(method: string, path: string, authorization?: string, sent?: object) {
  const response = await fetch(`${host.url}/${path}`, {
    method,
    headers: {
      'x-ms-client-principal-id': 'ada',
      'x-functions-key': 'a-key',
      ...(authorization && { authorization }),
    },
    ...(sent && { body: JSON.stringify(sent) }),
  });
  return { status: response.status, body: (await response.json()) as { error: string; message: string } };
}
const as = (role: Role) => `Bearer ${host.tokens.get(role)}`;

describe.each(routes)('$method $path', ({ method, path, body, right, told }) => {
  it('wants a token, whatever a platform header or key says', async () => {
    expect(await ask(method, path, undefined, body)).toMatchObject({
      status: 401,
      body: { error: 'token-missing' },
    });
  });

  it('takes no token that is none', async () => {
    expect((await ask(method, path, 'Bearer e30.e30.e30', body)).status).toBe(401);
  });

  const wrong = roles.filter((role) => !right.includes(role));
  it.each(wrong.map((role) => [role]))('is refused to %s', async (role) => {
    expect(await ask(method, path, as(role), body)).toMatchObject({
      status: 403,
      body: { error: 'role-missing' },
    });
  });

  it.each(right.map((role) => [role]))('is open to %s, who is told why it goes no further', async (role) => {
    const { status, error } = told;
    expect(await ask(method, path, as(role), body)).toMatchObject({ status, body: { error } });
  });
});

it.each<[string, object, string]>([
  ['rotations', { cluster: 'payments', kind: 'passwords', reason: 'r' }, 'kind'],
  ['rotations', { cluster: 'payments', kind: 'transit-token' }, 'reason'],
  ['rotations', { cluster: 'payments', kind: 'transit-token', reason: 'r', force: true }, 'force'],
  ['rotations/nobody/rollback', {}, 'reason'],
  ['rotations/nobody/rollback', { reason: 'r', direction: 'back' }, 'direction'],
])('POST %s takes no %j: 400, and what is wrong', async (path, body, what) => {
  expect(await ask('POST', path, as('Sealwatch.Operate'), body)).toMatchObject({
    status: 400,
    body: { error: 'invalid', message: expect.stringContaining(what) as string },
  });
});

it.each([{}, { binding: 'yes' }, { binding: 'e'.repeat(63) }])(
  'an approval that does not say what was shown is refused: %j',
  async (body) => {
    expect(await ask('POST', 'rotations/nobody/approve', as('Sealwatch.Approve'), body)).toMatchObject({
      status: 400,
      body: { error: 'invalid', message: expect.stringContaining('binding') as string },
    });
  },
);

describe('once there is a fleet', () => {
  beforeAll(() => writeFile(process.env['SEALWATCH_FLEET'] ?? '', fleet));

  it.each<[object, number, string]>([
    [{ cluster: 'nobody', kind: 'transit-token', reason: 'r' }, 404, 'fleet.yaml has no cluster "nobody"'],
    [{ cluster: 'payments', kind: 'transit-token', reason: ' ' }, 400, 'reason: say why'],
    [
      { cluster: 'payments', kind: 'transit-token', reason: 'new token hvs.CAESIJ0123456789abcdefghij' },
      400,
      'looks like a key or token',
    ],
    [
      { cluster: 'payments', kind: 'transit-token', reason: 'it leaked' },
      400,
      'fleet.yaml asks for no rotation of that kind of payments; it asks for: none',
    ],
  ])('POST rotations %j: %i, and storage is not asked', async (body, code, message) => {
    const answer = await ask('POST', 'rotations', as('Sealwatch.Operate'), body);
    expect(answer).toMatchObject({
      status: code,
      body: { message: expect.stringContaining(message) as string },
    });
    expect(answer.body.message).not.toContain('hvs.');
  });

  it.each(['nobody', 'PAYMENTS', '..%2f..%2fpayments', encodeURIComponent("a'b#c?d")])(
    'POST readiness/%s: no such cluster, 404, and storage is not asked',
    async (name) => {
      const { status, body } = await ask('POST', `readiness/${name}`, as('Sealwatch.Operate'));
      expect(status).toBe(404);
      expect(body.error).toBe('not-found');
    },
  );
});
