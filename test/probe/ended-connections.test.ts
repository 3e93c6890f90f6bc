/** What is remembered, and proven of a seal (rule 6), where no connection is kept from sweep to sweep. */
import { afterEach, describe, expect, it } from 'vitest';
import { AccessPool } from '../../shared/compose/access.ts';
import { systemClock } from '../../shared/compose/clock.ts';
import { type SealCause, sealCause } from '../../shared/probe/assess/seal-cause.ts';
import { assess } from '../../shared/probe/assess.ts';
import { gatherCluster, Sweeping } from '../../shared/probe/gather.ts';
import type { ClusterFacts } from '../../shared/probe/head-facts.ts';
import { answer, healthyBody, text } from '../fakes/hostile/behaviours.ts';
import { type Behaviour, type Endpoint, startEndpoint } from '../fakes/hostile/endpoint.ts';
import { createAuthority, type IssuedCertificate, type TestAuthority } from '../fakes/pki.ts';
import { fleetOf } from '../fleet/builders.ts';

const metrics = '/v1/sys/metrics?format=prometheus';

/** One process of a Vault. @param start when it started, seconds; undefined: its metrics are for others. */
function vault(status: 200 | 503, start?: number): Behaviour {
  const health = answer(status, { ...healthyBody, sealed: status === 503 });
  const told =
    start === undefined
      ? answer(403, { errors: ['permission denied'] })
      : text(200, `process_start_time_seconds ${start}\n`, { 'content-type': 'text/plain' });
  const seal = answer(200, {
    type: 'shamir',
    initialized: true,
    sealed: status === 503,
    t: 3,
    n: 5,
    progress: 0,
    nonce: '',
    version: '1.21.0',
    migration: false,
    recovery_seal: false,
    storage_type: 'raft',
  });
  const paths: Record<string, Behaviour> = { [metrics]: told, '/v1/sys/seal-status': seal };
  return (request, ...rest) => (paths[request.path] ?? health)(request, ...rest);
}

const open: { close(): unknown }[] = [];
afterEach(async () => {
  for (const each of open.splice(0)) await each.close();
});

interface Watched {
  server: Endpoint;
  /** One sweep, after which the connection is ended: what is remembered then. */
  sweep: () => Promise<ClusterFacts>;
  /** The same, of a node that is sealed by now. */
  cause: () => Promise<SealCause>;
  /** Another process in its place. */
  restart: (behaviour: Behaviour) => Promise<void>;
}

async function watched(
  behaviour: Behaviour,
  over: { trust?: { authority: TestAuthority; certificate: IssuedCertificate }; pinned?: boolean } = {},
): Promise<Watched> {
  const { trust } = over;
  const own = trust ? { certificate: trust.certificate } : {};
  let server = await startEndpoint({ behaviour, ...own });
  open.push({ close: () => server.close() });
  const pins = over.pinned && trust ? `, pins: ["${trust.certificate.spki}"]` : '';
  const tls = trust ? `, tls: {ca: "env:SEALWATCH_SECRET_CA"${pins}}` : '';
  const lines = ['probe: {warmNodes: 0, confirmAfter: 0s}', 'clusters:'];
  const fleet = fleetOf(
    ['version: 1', ...lines, `  payments: {nodes: ["${server.address}"]${tls}}`].join('\n'),
  );
  const [cluster] = fleet.clusters;
  if (!cluster) throw new Error('no cluster');
  const pool = new AccessPool({
    clock: systemClock,
    resolve: async () => ({ ok: true, value: trust?.authority.certPem ?? '' }),
    tokens: () => undefined,
    keepAliveMs: 60_000,
  });
  open.push(pool);
  let facts: ClusterFacts | undefined;
  const observe = async () => {
    const access = await pool.access(cluster, fleet);
    const observation = await gatherCluster(cluster, access, new Sweeping(systemClock, fleet.probe));
    access.release();
    return observation;
  };
  return {
    get server() {
      return server;
    },
    async sweep() {
      facts = assess(cluster, await observe(), facts, Date.now()).facts;
      return facts;
    },
    async cause() {
      const [node] = (await observe()).nodes;
      if (!node) throw new Error('no node');
      return sealCause(node, facts?.nodes[node.node]);
    },
    async restart(next) {
      await server.close();
      server = await startEndpoint({ behaviour: next, port: server.port, ...own });
    },
  };
}

async function trusted() {
  const authority = await createAuthority('ended CA');
  return { authority, certificate: await authority.issue({ names: ['127.0.0.1'] }) };
}

describe('over TLS, whose session is resumed', () => {
  it('nothing that is remembered changes, and no start time is asked for twice', async () => {
    const { server, sweep } = await watched(vault(200, 1_795_000_000), { trust: await trusted() });
    const first = await sweep();
    expect(Object.values(first.nodes)).toMatchObject([
      { unsealedStart: 1_795_000_000_000, unsealedConnection: { id: 1 } },
    ]);
    for (let sweeps = 0; sweeps < 3; sweeps += 1) expect(await sweep()).toBe(first);
    expect(server.received.filter(({ path }) => path === metrics)).toHaveLength(1);
    expect(server.connections.map(({ resumed }) => resumed)).toEqual([false, true, true, true]);
  });

  it('a seal of the process that was unsealed is proven to be one', async () => {
    const { server, sweep, cause } = await watched(vault(200), { trust: await trusted() });
    for (let sweeps = 0; sweeps < 3; sweeps += 1) await sweep();
    server.behave(vault(503));
    const proof = 'it resumed the TLS session of the process that was unsealed';
    expect(await cause()).toEqual({ cause: 'in-process', proof });
  });

  it('a restart is proven by its start time, many sweeps after that was read', async () => {
    const { sweep, cause, restart } = await watched(vault(200, 1_795_000_000), { trust: await trusted() });
    for (let sweeps = 0; sweeps < 3; sweeps += 1) await sweep();
    await restart(vault(503, 1_795_000_500));
    expect(await cause()).toMatchObject({ cause: 'restarted' });
  });

  it('a start time is forgotten with its process: the seal of the next one is no restart', async () => {
    const { server, sweep, cause, restart } = await watched(vault(200, 1_795_000_000), {
      trust: await trusted(),
    });
    await sweep();
    // It comes back unsealed, and tells nobody when it started.
    await restart(vault(200));
    expect(Object.values((await sweep()).nodes)[0]).not.toHaveProperty('unsealedStart');
    server.behave(vault(503, 1_795_000_500));
    await restart(vault(503, 1_795_000_500));
    expect(await cause()).toMatchObject({ cause: 'unknown' });
  });
});

describe.each([
  ['plain HTTP', false],
  ['TLS with pins, which resumes nothing', true],
])('over %s', (_what, pinned) => {
  const start = async (behaviour: Behaviour) =>
    watched(behaviour, pinned ? { trust: await trusted(), pinned } : {});

  it('a new connection proves nothing: neither a restart nor that there was none', async () => {
    const { server, sweep, cause } = await start(vault(200));
    for (let sweeps = 0; sweeps < 3; sweeps += 1) await sweep();
    server.behave(vault(503));
    const why = 'its start time cannot be read and its connection is a new one';
    expect(await cause()).toEqual({ cause: 'unknown', why });
    // Told later, its start time says nothing without the one from before.
    server.behave(vault(503, 1_795_000_500));
    expect(await cause()).toMatchObject({ cause: 'unknown' });
  });

  it('start times prove both', async () => {
    const { server, sweep, cause } = await start(vault(200, 1_795_000_000));
    await sweep();
    await sweep();
    server.behave(vault(503, 1_795_000_000));
    expect(await cause()).toMatchObject({
      cause: 'in-process',
      proof: expect.stringMatching(/^same start time/),
    });
    server.behave(vault(503, 1_795_000_500));
    expect(await cause()).toMatchObject({ cause: 'restarted' });
  });
});
