/** A connection that is kept shows the certificate of its beginning, for as long as it lives. */
import { once } from 'node:events';
import { createServer, type Server } from 'node:https';
import type { AddressInfo } from 'node:net';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { gatherCluster, Sweeping } from '../../shared/probe/gather.ts';
import type { VaultClient } from '../../shared/vault/client.ts';
import { ManualClock } from '../fakes/clock.ts';
import { healthyBody } from '../fakes/hostile/behaviours.ts';
import { createAuthority, type IssuedCertificate, type TestAuthority } from '../fakes/pki.ts';
import { file, fleetOf } from '../fleet/builders.ts';
import { clientOf } from '../vault/clients.ts';

const minute = 60_000;
const clock = new ManualClock();

let authority: TestAuthority;
let server: Server;
let handshakes: number;
let client: VaultClient;
let first: IssuedCertificate;
beforeEach(async () => {
  authority = await createAuthority('refresh CA');
  first = await authority.issue({ names: ['127.0.0.1'] });
  server = createServer({ cert: first.certPem, key: first.keyPem }, (_request, response) => {
    response.writeHead(200, { 'content-type': 'application/json' }).end(JSON.stringify(healthyBody));
  });
  server.keepAliveTimeout = 0;
  handshakes = 0;
  server.on('secureConnection', () => {
    handshakes += 1;
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address() as AddressInfo;
  client = clientOf(`https://127.0.0.1:${port}`, { tls: { ca: authority.certPem }, clock });
});
afterEach(async () => {
  await client.close();
  server.closeAllConnections();
  server.close();
});

/** The key of the certificate that one sweep tells of. */
async function seenKey(): Promise<string | undefined> {
  const { clusters, probe } = fleetOf(file().replace('vault-0:8200', new URL(client.address).host));
  const [cluster] = clusters;
  const [node] = cluster?.nodes ?? [];
  if (!cluster || !node) throw new Error('a fleet without nodes');
  const access = { clients: new Map([[node.name, { ok: true, client } as const]]), startsAsked: new Map() };
  const { nodes } = await gatherCluster(cluster, access, new Sweeping(clock, probe));
  expect(nodes[0]?.health).toMatchObject({ ok: true, status: 200 });
  return nodes[0]?.certificate?.spki;
}

it('a certificate that was renewed under a kept connection is seen within the hour', async () => {
  expect(await seenKey()).toBe(first.spki);
  const renewed = await authority.issue({ names: ['127.0.0.1'] });
  server.setSecureContext({ cert: renewed.certPem, key: renewed.keyPem });
  await clock.advance(59 * minute);
  expect(await seenKey()).toBe(first.spki);
  expect(handshakes).toBe(1);
  await clock.advance(minute);
  expect(await seenKey()).toBe(renewed.spki);
  expect(handshakes).toBe(2);
  // …and not in every sweep from then on.
  expect(await seenKey()).toBe(renewed.spki);
  expect(handshakes).toBe(2);
});
