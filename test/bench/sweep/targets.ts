/**
 * Plays the nodes of a fleet for the benchmark, in a process of its own: each a listener that answers sys/health
 * like the samples (the first of each three active, the others standby), and the active one raft state to any token.
 */
import { createServer, type RequestListener } from 'node:http';
import { createServer as createTlsServer } from 'node:https';
import type { AddressInfo } from 'node:net';
import { createAuthority } from '../../fakes/pki.ts';

const [count = '1000', tls = 'false', hungPercent = '0', network, before = '0'] = process.argv.slice(2);
const nodes = Number(count);
/** A name for all of them: a certificate of 10,000 addresses would be read at each connection. */
const serverName = 'vault.bench';
const hung = Math.round((nodes * Number(hungPercent)) / 100);

const servers = [0, 1, 2].map((id) => ({
  id: `raft-${id}`,
  name: `raft-${id}`,
  address: `127.0.0.1:${8201 + id}`,
  node_status: 'alive',
  last_contact: id === 0 ? '0s' : '1.5s',
  last_term: 3,
  last_index: 4100,
  healthy: true,
  stable_since: '2026-11-22T00:49:32.430833925Z',
  status: id === 0 ? 'leader' : 'voter',
  version: '1.21.0',
  node_type: 'voter',
}));
const raft: Record<string, Buffer> = {
  '/v1/sys/storage/raft/autopilot/state': enveloped({
    failure_tolerance: 1,
    healthy: true,
    leader: 'raft-0',
    servers: Object.fromEntries(servers.map((server) => [server.id, server])),
    voters: servers.map(({ id }) => id),
  }),
  '/v1/sys/storage/raft/autopilot/configuration': enveloped({
    cleanup_dead_servers: true,
    dead_server_last_contact_threshold: '24h0m0s',
    disable_upgrade_migration: false,
    last_contact_threshold: '10s',
    max_trailing_logs: 1000,
    min_quorum: 3,
    server_stabilization_time: '10s',
  }),
  '/v1/sys/storage/raft/configuration': enveloped({
    config: {
      index: 0,
      servers: servers.map(({ id, address }) => ({
        node_id: id,
        address,
        leader: id === 'raft-0',
        protocol_version: '3',
        voter: true,
      })),
    },
  }),
};

const authority = await createAuthority(`bench ${before}`);
const identity = await authority.issue({ names: ['127.0.0.1', serverName] });
const addresses: string[] = [];
for (let node = 0; node < nodes; node += 1) {
  const answer = node >= nodes - hung ? silent : health(Number(before) + node);
  const host = hostOf(Number(before) + node);
  const server =
    tls === 'true'
      ? createTlsServer({ cert: identity.certPem, key: identity.keyPem, keepAliveTimeout: 300_000 }, answer)
      : createServer({ keepAliveTimeout: 300_000 }, answer);
  await new Promise<void>((resolve) => server.listen(0, host, resolve));
  const { port } = server.address() as AddressInfo;
  addresses.push(`${tls === 'true' ? 'https' : 'http'}://${host}:${port}`);
}
process.send?.({
  addresses,
  ca: authority.certPem,
  ...(tls === 'true' && network !== undefined && { serverName }),
});
process.on('disconnect', () => process.exit());

/** On Linux all of 127/8 is this machine. */
function hostOf(node: number): string {
  return network === undefined ? '127.0.0.1' : `127.${network}.${(node + 1) >> 8}.${(node + 1) & 255}`;
}

function enveloped(data: unknown): Buffer {
  return Buffer.from(JSON.stringify({ request_id: 'ca36099e', lease_id: '', renewable: false, data }));
}

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
    const path = request.url ?? '';
    const isHealth = path.startsWith('/v1/sys/health');
    const answer = isHealth ? body : active ? raft[path] : undefined;
    const status = isHealth ? (active ? 200 : 429) : answer ? 200 : 404;
    const sent = answer ?? Buffer.from('{"errors":[]}');
    response
      .writeHead(status, { 'content-type': 'application/json', 'content-length': sent.length })
      .end(sent);
  };
}
