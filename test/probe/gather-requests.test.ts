/** What a sweep costs the Vaults: over real connections, because what is asked depends on them. */
import { afterEach, describe, expect, it } from 'vitest';
import { AccessPool } from '../../shared/compose/access.ts';
import { systemClock } from '../../shared/compose/clock.ts';
import { tokenSourceFor } from '../../shared/compose/logins.ts';
import { assess } from '../../shared/probe/assess.ts';
import { gatherCluster, Sweeping } from '../../shared/probe/gather.ts';
import type { ClusterFacts } from '../../shared/probe/head-facts.ts';
import { serveSimulation } from '../fakes/vault/http.ts';
import { createSimulation, type Simulation, type SimulationOptions } from '../fakes/vault/simulation.ts';
import { fleetOf } from '../fleet/builders.ts';

const open: { close(): unknown }[] = [];
afterEach(async () => {
  await Promise.all(open.splice(0).map((each) => each.close()));
});

interface Probed {
  simulation: Simulation;
  /** One sweep: how often each path was asked, and what is remembered after it. */
  sweep: () => Promise<Record<string, number>>;
}

async function probed(options: SimulationOptions, yaml: string[] = []): Promise<Probed> {
  const asked: string[] = [];
  const simulation = createSimulation(options, () => Date.now());
  const seen: Simulation = Object.create(simulation, {
    request: {
      value: (...[node, request]: Parameters<Simulation['request']>) => {
        asked.push(`${request.method} ${request.path}`);
        return simulation.request(node, request);
      },
    },
  });
  const served = await serveSimulation(seen);
  open.push(served);
  const fleet = fleetOf(
    [
      'version: 1',
      'probe: {confirmAfter: 10ms}',
      'clusters:',
      '  payments:',
      `    nodes: [${served.addresses.map((address) => `"${address}"`).join(', ')}]`,
      ...yaml.map((line) => `    ${line}`),
    ].join('\n'),
  );
  const [cluster] = fleet.clusters;
  if (!cluster) throw new Error('no cluster');
  const resolve = async (text: string) =>
    ({ ok: true, value: text.replace('env:SEALWATCH_SECRET_', '') }) as const;
  const pool = new AccessPool({
    clock: systemClock,
    resolve,
    tokens: (of) => tokenSourceFor(of, resolve, () => Promise.reject(new Error('no identity')), systemClock),
    keepAliveMs: 60_000,
  });
  open.push(pool);
  let facts: ClusterFacts | undefined;
  return {
    simulation,
    async sweep() {
      asked.length = 0;
      const access = await pool.access(cluster, fleet);
      const observation = await gatherCluster(cluster, access, new Sweeping(systemClock, fleet.probe));
      facts = assess(cluster, observation, facts, Date.now()).facts;
      return Object.fromEntries(
        Object.entries(Object.groupBy(asked, (what) => what)).map(([k, v]) => [k, v?.length ?? 0]),
      );
    },
  };
}

const approle = 'login: {method: approle, roleId: role, secretId: "env:SEALWATCH_SECRET_id"}';
const metrics = 'GET sys/metrics?format=prometheus';
const raftReads = {
  'GET sys/storage/raft/autopilot/state': 1,
  'GET sys/storage/raft/autopilot/configuration': 1,
  'GET sys/storage/raft/configuration': 1,
};

describe('a healthy cluster', () => {
  it('is asked for one start time a node on new connections, and then for nothing but its health', async () => {
    const { sweep } = await probed({ telemetry: true });
    expect(await sweep()).toEqual({ 'GET sys/health': 3, [metrics]: 3 });
    expect(await sweep()).toEqual({ 'GET sys/health': 3 });
    expect(await sweep()).toEqual({ 'GET sys/health': 3 });
  });

  it('is not asked again for a start time that it does not tell, on the same connection', async () => {
    const { sweep } = await probed({ telemetry: false });
    await sweep();
    expect(await sweep()).toEqual({ 'GET sys/health': 3 });
  });

  it('with a login is asked for raft state three times in all, and logs in once', async () => {
    const { simulation, sweep } = await probed({}, [approle]);
    simulation.addLogin('role', 'id');
    expect(await sweep()).toMatchObject({ 'POST auth/approle/login': 1, ...raftReads });
    expect(await sweep()).toEqual({ 'GET sys/health': 3, ...raftReads });
  });

  it('is not asked for raft state where fleet.yaml says that it has none', async () => {
    const { simulation, sweep } = await probed({}, [approle, 'expect: {storage: consul}']);
    simulation.addLogin('role', 'id');
    await sweep();
    expect(await sweep()).toEqual({ 'GET sys/health': 3 });
  });

  it('with an auto-unseal is asked for its backend, at the active node only', async () => {
    const { sweep } = await probed({ seal: 'azurekeyvault' }, ['seal: {type: azurekeyvault}']);
    await sweep();
    expect(await sweep()).toEqual({ 'GET sys/health': 3, 'GET sys/seal-backend-status': 1 });
  });

  it('has at most ten start times read in one sweep, and the others in the next ones', async () => {
    const { sweep } = await probed({ nodes: 24, telemetry: true });
    const first = await sweep();
    const second = await sweep();
    const third = await sweep();
    expect([first[metrics], second[metrics], third[metrics]]).toEqual([10, 10, 4]);
    expect(await sweep()).toEqual({ 'GET sys/health': 24 });
  });

  it('is asked for start times anew after a restart', async () => {
    const { simulation, sweep } = await probed({ telemetry: true, seal: 'azurekeyvault' });
    await sweep();
    simulation.apply({ kind: 'kill', node: 'vault-2' });
    simulation.apply({ kind: 'start', node: 'vault-2' });
    await open.map((each) => ('settled' in each ? (each.settled as () => Promise<void>)() : undefined))[0];
    expect((await sweep())[metrics]).toBe(1);
  });
});

describe('a login whose token is refused', () => {
  it('is made anew once; then it is the policy that is missing, and nothing is asked twice', async () => {
    const { simulation, sweep } = await probed({}, [approle]);
    simulation.addLogin('role', 'id', { may: [] });
    expect(await sweep()).toMatchObject({
      'POST auth/approle/login': 2,
      'GET sys/storage/raft/configuration': 2,
    });
    for (let again = 0; again < 3; again += 1)
      expect(await sweep()).toEqual({ 'GET sys/health': 3, ...raftReads });
  });

  it('goes on in the same sweep when only the token was gone', async () => {
    const { simulation, sweep } = await probed({}, [approle]);
    simulation.addLogin('role', 'id');
    await sweep();
    for (const token of Object.keys(simulation.state.tokens)) delete simulation.state.tokens[token];
    expect(await sweep()).toMatchObject({
      'POST auth/approle/login': 1,
      'GET sys/storage/raft/configuration': 2,
    });
    expect(await sweep()).toEqual({ 'GET sys/health': 3, ...raftReads });
  });

  it('given by hand is read again, and not used again while it is the same', async () => {
    const { sweep } = await probed({}, ['login: {method: token, token: "env:SEALWATCH_SECRET_stale"}']);
    await sweep();
    expect(await sweep()).toEqual({ 'GET sys/health': 3, ...raftReads });
  });
});
