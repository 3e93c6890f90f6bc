/** Each of recover's routes, over HTTP, with every token that may not use it (rule 7). */
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { Role } from '../../shared/people/person.ts';
import { type RecoverHost, startRecoverHost } from './recover-host.ts';

const roles: Role[] = ['Sealwatch.Read', 'Sealwatch.Operate', 'Sealwatch.Approve'];
const routes: { method: string; path: string; role: Role }[] = [
  { method: 'POST', path: 'clusters/payments/recoveries', role: 'Sealwatch.Operate' },
  { method: 'POST', path: 'clusters/payments/generations', role: 'Sealwatch.Operate' },
  { method: 'POST', path: 'clusters/payments/generations/back', role: 'Sealwatch.Approve' },
  { method: 'POST', path: 'clusters/payments/upkeep', role: 'Sealwatch.Operate' },
  { method: 'POST', path: 'clusters/payments/hold', role: 'Sealwatch.Operate' },
  { method: 'DELETE', path: 'clusters/payments/hold', role: 'Sealwatch.Operate' },
  { method: 'POST', path: 'recoveries/payments.1/approve', role: 'Sealwatch.Approve' },
  { method: 'POST', path: 'recoveries/payments.1/reject', role: 'Sealwatch.Approve' },
  { method: 'GET', path: 'recoveries/payments.1', role: 'Sealwatch.Read' },
];

const files = [
  'request',
  'accept-generation',
  'go-back',
  'keep-escrow',
  'hold',
  'end-hold',
  'approve',
  'reject',
  'read',
];

let host: RecoverHost;
beforeAll(async () => {
  host = await startRecoverHost(files);
}, 30_000);
afterAll(() => host.close());

async function ask(method: string, path: string, authorization?: string) {
  const response = await fetch(`${host.url}/${path}`, {
    method,
    headers: { 'x-ms-client-principal-id': 'ada', ...(authorization && { authorization }) },
  });
  return { status: response.status, body: (await response.json()) as { error: string } };
}

describe.each(routes)('$method $path', ({ method, path, role }) => {
  it('wants a token, whatever a platform header says', async () => {
    expect(await ask(method, path)).toMatchObject({ status: 401, body: { error: 'token-missing' } });
  });

  // Whoever may operate or approve may read.
  const wrong = role === 'Sealwatch.Read' ? [] : roles.filter((other) => other !== role);
  it.each(wrong)('is refused to %s', async (other) => {
    const answer = await ask(method, path, `Bearer ${host.tokens.get(other)}`);
    expect(answer).toMatchObject({ status: 403, body: { error: 'role-missing' } });
  });

  it('is open to its own role: it fails later, for want of a fleet', async () => {
    const { status } = await ask(method, path, `Bearer ${host.tokens.get(role)}`);
    expect([400, 503]).toContain(status);
  });
});
