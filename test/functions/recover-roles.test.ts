/** Each of recover's routes, over HTTP, with every token that may not use it (rule 7). */
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type Host, startHost } from '../../host/start.ts';
import { createLog } from '../../shared/log/log.ts';
import { openLocalIssuer } from '../../shared/people/local-issuer.ts';
import type { Role } from '../../shared/people/person.ts';

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
].map((name) => `../../functions/recover/${name}.ts`);

let folder = '';
let host: Host;
const tokens = new Map<Role, string>();

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'sealwatch-roles-'));
  const issuerFile = join(folder, 'issuer.pem');
  const opened = await openLocalIssuer(issuerFile);
  if (!opened.ok) throw new Error(opened.message);
  for (const role of roles) {
    const signed = await opened.issuer.sign('ada', [role], Date.now());
    if (signed.ok) tokens.set(role, signed.token);
  }
  // The functions read their settings from this process, which is this file's alone.
  process.env['SEALWATCH_ISSUER_FILE'] = issuerFile;
  process.env['SEALWATCH_STORAGE'] = 'UseDevelopmentStorage=true';
  process.env['SEALWATCH_FLEET'] = join(folder, 'fleet.yaml');
  host = await startHost({
    load: async () => {
      for (const file of files) await import(file);
    },
    settings: {},
    port: 0,
    log: createLog({ write: () => undefined, clock: { now: () => 0 } }),
  });
}, 30_000);
afterAll(async () => {
  await host.close();
  await rm(folder, { recursive: true, force: true });
});

async function ask(method: string, path: string, authorization?: string) {
  const response = await fetch(`${host.url}/api/${path}`, {
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
    const answer = await ask(method, path, `Bearer ${tokens.get(other)}`);
    expect(answer).toMatchObject({ status: 403, body: { error: 'role-missing' } });
  });

  it('is open to its own role: it fails later, for want of a fleet', async () => {
    const { status } = await ask(method, path, `Bearer ${tokens.get(role)}`);
    expect([400, 503]).toContain(status);
  });
});
