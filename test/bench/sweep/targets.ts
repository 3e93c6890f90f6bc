/**
 * Plays the nodes of a fleet for the benchmark, in a process of its own: each a listener that answers sys/health
 * like the samples (the first of each three active, the others standby), and nothing else. Prints its addresses.
 */
import { createServer, type RequestListener } from 'node:http';
import { createServer as createTlsServer } from 'node:https';
import type { AddressInfo } from 'node:net';
import { createAuthority } from '../../fakes/pki.ts';

const [count = '1000', tls = 'false', hungPercent = '0'] = process.argv.slice(2);
const nodes = Number(count);
const hung = Math.round((nodes * Number(hungPercent)) / 100);

const authority = await createAuthority('bench');
const identity = await authority.issue({ names: ['127.0.0.1'] });
const addresses: string[] = [];
for (let node = 0; node < nodes; node += 1) {
  const answer = node >= nodes - hung ? silent : health(node);
  const server =
    tls === 'true'
      ? createTlsServer({ cert: identity.certPem, key: identity.keyPem, keepAliveTimeout: 300_000 }, answer)
      : createServer({ keepAliveTimeout: 300_000 }, answer);
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const { port } = server.address() as AddressInfo;
  addresses.push(`${tls === 'true' ? 'https' : 'http'}://127.0.0.1:${port}`);
}
process.send?.({ addresses, ca: authority.certPem });
process.on('disconnect', () => process.exit());

function silent(): void {
  // Takes the request and never answers.
}

function health(node: number): RequestListener {
  const active = node % 3 === 0;
  const body = Buffer.from(
    JSON.stringify({
      initialized: true,
      sealed: false,
      standby: !active,
      performance_standby: false,
      replication_performance_mode: 'disabled',
      replication_dr_mode: 'disabled',
      server_time_utc: 1795308592,
      version: '1.21.0',
      enterprise: false,
      cluster_name: `vault-cluster-${Math.floor(node / 3)}`,
      cluster_id: `4dfab2e5-109b-f7fa-2671-${String(Math.floor(node / 3)).padStart(12, '0')}`,
      echo_duration_ms: 0,
      clock_skew_ms: 0,
      replication_primary_canary_age_ms: 0,
      removed_from_cluster: false,
    }),
  );
  return (request, response) => {
    if (!request.url?.startsWith('/v1/sys/health')) {
      response.writeHead(404, { 'content-type': 'application/json' }).end('{"errors":[]}');
      return;
    }
    response
      .writeHead(active ? 200 : 429, { 'content-type': 'application/json', 'content-length': body.length })
      .end(body);
  };
}
