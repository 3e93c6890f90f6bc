/** functions/rotate in the embedded host on Azurite: timers, people's requests, and what both leave behind. */
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { TableServiceClient } from '@azure/data-tables';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { type Azurite, startAzurite } from '../../../cli/start/azurite.ts';
import manifest from '../../../functions/rotate/manifest.json' with { type: 'json' };
import { type Host, startHost } from '../../../host/start.ts';
import { systemClock } from '../../../shared/compose/clock.ts';
import { prepareStorage } from '../../../shared/compose/prepare.ts';
import { createLog } from '../../../shared/log/log.ts';
import { openLocalIssuer } from '../../../shared/people/local-issuer.ts';
import { connectState } from '../../../shared/state/azure/connect.ts';
import { connectRecoverState } from '../../../shared/state/azure/recover/connect.ts';
import { answer, echo } from '../../fakes/hostile/behaviours.ts';
import { createAuthority } from '../../fakes/pki.ts';
import { type Provider, startProvider } from '../../readiness/provider.ts';

const fleet = (address: string, ca: string) => `
version: 1
clusters:
  root:
    nodes: ["${address}"]
    tls: {ca: "file:${ca}"}
    rotateLogin: {method: token, token: "env:SEALWATCH_SECRET_OWN"}
  payments:
    nodes: ["https://payments-0.example.com:8200"]
    seal: {type: transit, provider: root, key: payments, token: "env:SEALWATCH_SECRET_SEAL"}
    rotation: {transitKey: {every: 365d}}
`;

let folder: string;
let azurite: Azurite;
let provider: Provider;
let host: Host;
let token: string;

beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), 'sealwatch-hosted-'));
  azurite = await startAzurite();
  await prepareStorage(azurite.connectionString);
  const authority = await createAuthority('Provider CA');
  provider = await startProvider(await authority.issue({ names: ['127.0.0.1'] }));
  writeFileSync(join(folder, 'ca.pem'), authority.certPem);
  writeFileSync(join(folder, 'fleet.yaml'), fleet(provider.address, join(folder, 'ca.pem')));
  const issuerFile = join(folder, 'issuer.pem');
  const opened = await openLocalIssuer(issuerFile);
  if (!opened.ok) throw new Error(opened.message);
  const signed = await opened.issuer.sign('ada', ['Sealwatch.Operate'], Date.now());
  token = signed.ok ? signed.token : '';
  Object.assign(process.env, {
    SEALWATCH_FLEET: join(folder, 'fleet.yaml'),
    SEALWATCH_FILE_ROOT: folder,
    SEALWATCH_STORAGE: azurite.connectionString,
    SEALWATCH_ISSUER_FILE: issuerFile,
    SEALWATCH_SECRET_SEAL: 'hvs.CAESIJ-the-Token-of-the-Seal',
    SEALWATCH_SECRET_OWN: 'hvs.CAESIK-a-Token-of-Our-Own',
  });
  host = await startHost({
    load: async () => {
      for (const file of manifest.files)
        await import(`../../../functions/rotate/${file.slice(0, -'.js'.length)}.ts`);
    },
    settings: { SEALWATCH_STORAGE: azurite.connectionString },
    port: 0,
    log: createLog({ write: () => undefined, clock: { now: () => 0 } }),
  });
});
afterAll(async () => {
  await host?.close();
  await Promise.all([provider?.close(), azurite?.close()]);
  rmSync(folder, { recursive: true });
});

async function ask(method: string, path: string, body?: object) {
  const headers = { authorization: `Bearer ${token}` };
  const sent = body && { body: JSON.stringify(body) };
  const response = await fetch(`${host.url}/api/${path}`, { method, headers, ...sent });
  return { status: response.status, body: await response.json() };
}

it('the timer exercises the fleet, people read it, and one of them has one cluster exercised anew', async () => {
  expect(await ask('GET', 'readiness')).toMatchObject({
    status: 200,
    body: {
      clusters: [
        { cluster: 'root', state: 'never' },
        { cluster: 'payments', state: 'never' },
      ],
    },
  });
  await host.invoke('readiness');
  expect(await ask('GET', 'readiness')).toMatchObject({
    body: { clusters: [{ state: 'unknown' }, { state: 'ready' }], unreadable: [] },
  });
  provider.manners({ encrypt: (_request, response) => response.writeHead(503).end('{}') });
  expect(await ask('POST', 'readiness/payments')).toMatchObject({
    status: 200,
    body: { cluster: 'payments', state: 'not-ready', problems: [{ code: 'seal-not-ready' }, {}] },
  });
  const { rows } = await connectState(azurite, systemClock).rotate.readiness('payments');
  expect(rows).toMatchObject([{ standing: { state: 'not-ready' } }]);
  expect(JSON.stringify(rows)).not.toContain('hvs.');
});

it('a person has a key rotated, unless a hold is in the way; the timers go on with it', async () => {
  const madeAt = Math.floor(Date.now() / 1000) - 86_400;
  const key = { latest_version: 1, min_decryption_version: 1, deletion_allowed: false, keys: { 1: madeAt } };
  provider.manners({
    // The rotation itself is refused.
    keys: (request, ...rest) =>
      (request.path.endsWith('/rotate') ? echo(403) : answer(200, { data: key }))(request, ...rest),
  });
  const holds = connectRecoverState(azurite, systemClock, () => 'an-id').holds;
  const until = Date.now() + 3_600_000;
  await holds.set({ cluster: 'payments', by: 'grace', reason: 'new disks', until, at: Date.now() });
  const body = { cluster: 'payments', kind: 'transit-key', reason: 'a test' };
  expect(await ask('POST', 'rotations', body)).toMatchObject({
    status: 409,
    body: { error: 'busy', message: expect.stringContaining('a hold on payments (new disks)') as string },
  });
  // As where nobody ever deployed the recover app.
  const tables = TableServiceClient.fromConnectionString(azurite.connectionString, {
    allowInsecureConnection: true,
  });
  for (const table of ['holds', 'recoveries']) await tables.deleteTable(table);
  const begun = await ask('POST', 'rotations', body);
  const failing = {
    kind: 'transit-key',
    status: 'open',
    failing: {
      message: expect.stringContaining(
        'path "transit/keys/payments/rotate" { capabilities = ["update"] }',
      ) as string,
    },
  };
  expect(begun).toMatchObject({ status: 200, body: failing });
  const { id } = begun.body as { id: string };
  expect(await ask('GET', 'rotations')).toMatchObject({ body: { rotations: [{ id }], unreadable: [] } });
  expect(await ask('GET', 'rotations?cluster=root')).toMatchObject({ body: { rotations: [] } });
  expect(await ask('GET', `rotations/${id}`)).toMatchObject({ status: 200, body: failing });
  await host.invoke('open-rotations');
  await host.invoke('due-rotations');
  expect(await ask('POST', `rotations/${id}/rollback`, { reason: 'no right' })).toMatchObject({
    status: 200,
    body: { direction: 'back' },
  });
  // Its nudge is the next turn.
  await expect
    .poll(() => ask('GET', `rotations/${id}`), { timeout: 30_000 })
    .toMatchObject({
      body: {
        status: 'ended',
        ended: { outcome: 'rolled-back', summary: 'rolled back: nothing had been made' },
      },
    });
});
