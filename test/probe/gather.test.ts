import { describe, expect, it } from 'vitest';
import { systemClock } from '../../shared/compose/clock.ts';
import type { Cluster } from '../../shared/fleet/fleet.ts';
import { assess } from '../../shared/probe/assess.ts';
import { gatherCluster } from '../../shared/probe/gather.ts';
import type { ClusterObservation } from '../../shared/probe/observation.ts';
import { type Asked, FleetUnderTest } from '../work/fleet-under-test.ts';
import { gathering, type Limited, noting } from './gathering.ts';

const healthOf = (fleet: FleetUnderTest, node: string) =>
  fleet.asked.filter((asked) => asked.node === node && asked.what === 'GET sys/health');

/** Codes that a first look finds. */
function present(cluster: Cluster, observation: ClusterObservation): string[] {
  const { assessment } = assess(cluster, observation, undefined, observation.finishedAt);
  return assessment.verdicts.flatMap(({ code, verdict }) => (verdict.state === 'present' ? [code] : []));
}

/** Calls `then` when this node is asked for the n-th time. */
function whenAsked(fleet: FleetUnderTest, node: string, times: number, then: () => void): void {
  let count = 0;
  fleet.onAsked = (asked) => {
    if (asked.node === node && asked.what === 'GET sys/health' && ++count === times) then();
  };
}

describe('a node whose first answer is bad and whose second is good', () => {
  it.each([
    { how: 'a cut connection', fault: { reset: true }, earlier: { code: 'reset' } },
    {
      how: 'a proxy page',
      fault: { garbage: { status: 502, contentType: 'text/html', body: '<h1>Bad gateway</h1>' } },
      earlier: { code: 'http', status: 502 },
    },
  ])('counts as good after $how, and the failure is kept', async ({ fault, earlier }) => {
    const fleet = new FleetUnderTest();
    const { gather, cluster } = await gathering(fleet);
    const { simulations } = fleet;
    const faults = (on: boolean) =>
      simulations.get('payments')?.apply({
        kind: 'faults',
        node: 'payments-2',
        faults: on ? fault : { reset: false, garbage: undefined as never },
      });
    faults(true);
    whenAsked(fleet, 'payments-2', 2, () => faults(false));

    const observation = await fleet.passTime(gather());

    const [, node] = observation.nodes;
    expect(node?.health).toMatchObject({ ok: true, status: 429 });
    expect(node?.earlier).toMatchObject([earlier]);
    expect(healthOf(fleet, 'payments-2').map(({ purpose }) => purpose)).toEqual(['probe', 'fresh']);
    expect(present(cluster, observation)).toEqual([]);
  });

  it('is asked again no sooner than confirmAfter says', async () => {
    const fleet = new FleetUnderTest({ top: 'probe: {confirmAfter: 2s}' });
    const { gather } = await gathering(fleet);
    fleet.simulation().apply({ kind: 'faults', node: 'payments-2', faults: { reset: true } });
    await fleet.passTime(gather());
    const [first, second, ...more] = healthOf(fleet, 'payments-2').map(({ at }) => at);
    expect((second ?? 0) - (first ?? 0)).toBeGreaterThanOrEqual(2000);
    expect(more).toEqual([]);
  });
});

describe('a silent node', () => {
  const silent = (fleet: FleetUnderTest, hang: boolean) =>
    fleet.simulation().apply({ kind: 'faults', node: 'payments-2', faults: { hang } });

  it('is asked a second time at half the timeout, on a fresh connection, and not before', async () => {
    const fleet = new FleetUnderTest({ top: 'probe: {totalTimeout: 8s}' });
    const { gather } = await gathering(fleet);
    silent(fleet, true);
    whenAsked(fleet, 'payments-2', 2, () => silent(fleet, false));
    const startedAt = fleet.clock.now();

    const gathered = gather();
    await fleet.clock.advance(0);
    await fleet.clock.advance(3999);
    expect(healthOf(fleet, 'payments-2').map(({ purpose }) => purpose)).toEqual(['probe']);
    const observation = await fleet.passTime(gathered);

    const asked = healthOf(fleet, 'payments-2');
    expect(asked.map(({ purpose }) => purpose)).toEqual(['probe', 'fresh']);
    expect((asked[1]?.at ?? 0) - startedAt).toBeGreaterThanOrEqual(4000);
    expect((asked[1]?.at ?? 0) - startedAt).toBeLessThanOrEqual(4200);
    expect(observation.nodes[1]?.health).toMatchObject({ ok: true, status: 429 });
  });

  it('has its second attempt end within the timeout of the first', async () => {
    const fleet = new FleetUnderTest({ top: 'probe: {totalTimeout: 8s}' });
    const { cluster, access, sweeping } = await gathering(fleet);
    silent(fleet, true);
    whenAsked(fleet, 'payments-2', 2, () => silent(fleet, false));
    const limits: Limited[] = [];
    const own = sweeping();
    const startedAt = fleet.clock.elapsed();
    const starts: number[] = [];
    const noted = noting(access, own, limits);
    whenAsked(fleet, 'payments-2', 2, () => {
      starts.push(fleet.clock.elapsed() - startedAt);
      silent(fleet, false);
    });
    await fleet.passTime(gatherCluster(cluster, noted, own));
    const second = limits.filter(({ call }) => call === 'health').at(-1);
    expect((starts[0] ?? 0) + (second?.timeoutMs ?? 0)).toBeLessThanOrEqual(8000);
  });

  it('that stays silent is a timeout with both attempts spent', async () => {
    const fleet = new FleetUnderTest({
      top: 'probe: {totalTimeout: 200ms, headersTimeout: 200ms, connectTimeout: 200ms}',
    });
    const { gather } = await gathering(fleet, systemClock);
    silent(fleet, true);
    const { nodes } = await gather();
    expect(nodes[1]?.health).toMatchObject({ ok: false, error: { code: 'timeout' } });
    expect(nodes[1]?.earlier).toMatchObject([{ code: 'timeout' }]);
    expect(healthOf(fleet, 'payments-2').map(({ purpose }) => purpose)).toEqual(['probe', 'fresh']);
    // Nothing more is asked of a node that says nothing.
    expect(
      fleet.asked.filter(({ node, what }) => node === 'payments-2' && what !== 'GET sys/health'),
    ).toEqual([]);
  });
});

describe('hung nodes', () => {
  it('take no slots from healthy ones: all those are asked before a hung node is given up', async () => {
    const fleet = new FleetUnderTest({
      top: 'probe: {concurrency: 2, totalTimeout: 8s}',
      clusters: { payments: { nodes: 24 } },
    });
    const { gather } = await gathering(fleet);
    const hung = [1, 2, 3, 4].map((number) => `payments-${number}`);
    const all = (hang: boolean) => {
      for (const node of hung) fleet.simulation().apply({ kind: 'faults', node, faults: { hang } });
    };
    all(true);
    const order: Asked[] = [];
    fleet.onAsked = (asked) => {
      order.push(asked);
      if (asked.purpose === 'fresh') all(false);
    };

    const { nodes } = await fleet.passTime(gather());

    const secondAttempt = order.findIndex(({ purpose }) => purpose === 'fresh');
    expect(hung).toContain(order[secondAttempt]?.node);
    const before = new Set(order.slice(0, secondAttempt).map(({ node }) => node));
    expect([...before].filter((node) => !hung.includes(node))).toHaveLength(20);
    expect(nodes.filter(({ health }) => health.ok)).toHaveLength(24);
  });

  it('never more at once than the concurrency while nodes answer', async () => {
    const fleet = new FleetUnderTest({
      top: 'probe: {concurrency: 2}',
      clusters: { payments: { nodes: 9 } },
    });
    const { gather } = await gathering(fleet);
    for (const { name } of fleet.simulation().state.nodes)
      fleet.simulation().apply({ kind: 'faults', node: name, faults: { latencyMs: 100 } });
    await fleet.passTime(gather());
    const health = fleet.asked.filter(({ what }) => what === 'GET sys/health');
    expect(health).toHaveLength(9);
    for (const { at } of health)
      expect(health.filter((other) => other.at <= at && other.at > at - 100).length).toBeLessThanOrEqual(2);
  });
});

describe('the deadline of a sweep', () => {
  it('bounds every request: none is given more than what remains', async () => {
    const fleet = new FleetUnderTest({
      top: 'probe: {deadline: 10s, totalTimeout: 8s, confirmAfter: 1s}',
      clusters: { payments: { yaml: approle } },
      env: { SECRET_ID: 'secret-id' },
    });
    fleet.simulation().addLogin('role', 'secret-id');
    fleet.simulation().apply({ kind: 'seal', node: 'payments-3' });
    for (const { name } of fleet.simulation().state.nodes)
      fleet.simulation().apply({ kind: 'faults', node: name, faults: { latencyMs: 1500 } });
    const { cluster, access, sweeping } = await gathering(fleet);
    const own = sweeping();
    const limits: Limited[] = [];
    await fleet.passTime(gatherCluster(cluster, noting(access, own, limits), own));

    expect(new Set(limits.map(({ call }) => call))).toEqual(
      new Set([
        'health',
        'sealStatus',
        'processStart',
        'login',
        'autopilotState',
        'autopilotConfiguration',
        'raftConfiguration',
      ]),
    );
    for (const { call, timeoutMs, remainingMs } of limits)
      expect(timeoutMs, call).toBeLessThanOrEqual(Math.max(1, remainingMs));
    expect(limits.some(({ timeoutMs = 8000 }) => timeoutMs < 8000)).toBe(true);
  });

  it('leaves a node unjudged that it cut off, and not unreachable', async () => {
    const limits = '450ms, totalTimeout: 400ms, headersTimeout: 400ms, connectTimeout: 400ms';
    const fleet = new FleetUnderTest({ top: `probe: {concurrency: 1, deadline: ${limits}}` });
    const { gather, cluster } = await gathering(fleet, systemClock);
    // The first has the whole timeout; the others get their slots when there is less than that left.
    for (const node of ['payments-1', 'payments-2', 'payments-3'])
      fleet.simulation().apply({ kind: 'faults', node, faults: { hang: true } });
    const observation = await gather();
    const codes = observation.nodes.map(({ health }) => health.ok || health.error.code);
    expect(codes).toEqual(['timeout', 'aborted', 'aborted']);
    expect(present(cluster, observation).filter((code) => code === 'node-unreachable')).toHaveLength(1);
  });

  it('leaves nodes unjudged that nobody had time to ask', async () => {
    const fleet = new FleetUnderTest({
      top: 'probe: {deadline: 1s, totalTimeout: 1s, headersTimeout: 1s, connectTimeout: 1s, concurrency: 1}',
      clusters: { payments: { nodes: 12 } },
    });
    const { gather, cluster } = await gathering(fleet);
    for (const { name } of fleet.simulation().state.nodes)
      fleet.simulation().apply({ kind: 'faults', node: name, faults: { latencyMs: 200 } });
    const observation = await fleet.passTime(gather());
    const asked = new Set(fleet.asked.map(({ node }) => node));
    const late = observation.nodes.filter(({ node }) => !asked.has(node));
    expect(late.length).toBeGreaterThan(0);
    for (const { health } of late) expect(health).toMatchObject({ ok: false, error: { code: 'aborted' } });
    expect(present(cluster, observation)).toEqual([]);
  });
});

const approle = 'login: {method: approle, roleId: role, secretId: "env:SECRET_ID"}';

describe('an election under way', () => {
  it('is waited for: the new active node is found in the same sweep', async () => {
    const fleet = new FleetUnderTest({
      clusters: { payments: { yaml: approle } },
      env: { SECRET_ID: 'secret-id' },
    });
    const simulation = fleet.simulation();
    simulation.addLogin('role', 'secret-id');
    simulation.apply({ kind: 'autopilot', settings: { cleanupDeadServers: true, minQuorum: 3 } });
    const { gather, cluster } = await gathering(fleet);
    const token = simulation.keys.rootToken;
    simulation.request('payments-1', { method: 'POST', path: 'sys/step-down', token });

    const observation = await fleet.passTime(gather());

    expect(observation.nodes.filter(({ health }) => health.ok && health.status === 200)).toHaveLength(1);
    expect(observation.raft).toMatchObject({ read: true, configuration: { ok: true } });
    expect(present(cluster, observation)).toEqual([]);
  });

  it('that does not end is looked at three times, and then asked for the leader that the nodes know', async () => {
    const fleet = new FleetUnderTest({
      clusters: { payments: { yaml: approle } },
      env: { SECRET_ID: 'unused' },
    });
    const { gather } = await gathering(fleet);
    fleet.simulation().apply({ kind: 'kill', node: 'payments-1' });
    fleet.simulation().apply({ kind: 'kill', node: 'payments-2' });
    const observation = await fleet.passTime(gather());
    expect(healthOf(fleet, 'payments-3')).toHaveLength(3);
    expect(observation.nodes[2]?.leader).toMatchObject({ ok: true });
    expect(observation.raft).toEqual({ read: false, why: 'no-active-node' });
  });
});
