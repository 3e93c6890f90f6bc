/** What every route for people does before its use case. */
import { chmod, mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { type Host, startHost } from '../../host/start.ts';
import { createLog } from '../../shared/log/log.ts';
import { openLocalIssuer } from '../../shared/people/local-issuer.ts';

let folder = '';
let issuerFile = '';
let token = '';
let host: Host;

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'sealwatch-route-'));
  issuerFile = join(folder, 'issuer.pem');
  const opened = await openLocalIssuer(issuerFile);
  if (!opened.ok) throw new Error(opened.message);
  const signed = await opened.issuer.sign('grace', ['Sealwatch.Approve'], Date.now());
  if (signed.ok) ({ token } = signed);
  // The functions read their settings from this process, which is this file's alone.
  process.env['SEALWATCH_ISSUER_FILE'] = issuerFile;
  process.env['SEALWATCH_STORAGE'] = 'UseDevelopmentStorage=true';
  process.env['SEALWATCH_FLEET'] = join(folder, 'fleet.yaml');
  host = await startHost({
    load: async () => void (await import('../../functions/recover/approve.ts')),
    settings: {},
    port: 0,
    log: createLog({ write: () => undefined, clock: { now: () => 0 } }),
  });
}, 30_000);
afterAll(async () => {
  await host.close();
  await rm(folder, { recursive: true, force: true });
});

async function approve(body?: object) {
  const response = await fetch(`${host.url}/api/recoveries/payments.1/approve`, {
    method: 'POST',
    headers: { authorization: `Bearer ${token}` },
    ...(body && { body: JSON.stringify(body) }),
  });
  return { status: response.status, body: (await response.json()) as { error: string; message: string } };
}

it('keys that cannot be read are a 503 in our own words, and are read anew', async () => {
  await chmod(issuerFile, 0o644);
  const answer = await approve({});
  expect(answer).toMatchObject({ status: 503, body: { error: 'unavailable' } });
  expect(answer.body.message).not.toContain(issuerFile);
  await chmod(issuerFile, 0o600);
  expect((await approve({})).status).toBe(400);
});

it.each([undefined, {}, { binding: 'yes' }, { binding: 'e'.repeat(63) }])(
  'an approval that does not say what was shown is refused: %j',
  async (body) => {
    expect(await approve(body)).toMatchObject({
      status: 400,
      body: { error: 'invalid', message: expect.stringContaining('binding') as string },
    });
  },
);
