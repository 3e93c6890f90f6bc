/** functions/rotate in the embedded host on Azurite: the hour's timer, a person's request, and what both leave behind. */
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { type Azurite, startAzurite } from '../../../cli/start/azurite.ts';
import { type Host, startHost } from '../../../host/start.ts';
import { systemClock } from '../../../shared/compose/clock.ts';
import { prepareStorage } from '../../../shared/compose/prepare.ts';
import { createLog } from '../../../shared/log/log.ts';
import { openLocalIssuer } from '../../../shared/people/local-issuer.ts';
import { connectState } from '../../../shared/state/azure/connect.ts';
import { createAuthority } from '../../fakes/pki.ts';
import { type Provider, startProvider } from '../../readiness/provider.ts';

const fleet = (address: string, ca: string) => `
version: 1
clusters:
  root: {nodes: ["${address}"], tls: {ca: "file:${ca}"}}
  payments:
    nodes: ["https://payments-0.example.com:8200"]
    seal: {type: transit, provider: root, key: payments, token: "env:SEALWATCH_SECRET_SEAL"}
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
  });
  host = await startHost({
    load: async () => {
      for (const name of ['ready', 'ready-cluster', 'read-readiness', 'exercise', 'poison'])
        await import(`../../../functions/rotate/${name}.ts`);
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

async function ask(method: string, path: string) {
  const headers = { authorization: `Bearer ${token}` };
  const response = await fetch(`${host.url}/api/${path}`, { method, headers });
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
