import { describe, expect, it } from 'vitest';
import { StateError } from '../../shared/state/errors.ts';
import type { WatchDeps } from '../../shared/work/deps.ts';
import { readStatus } from '../../shared/work/status.ts';
import { sweep, sweepOne } from '../../shared/work/sweep.ts';
import { anEntry } from '../fakes/state/examples.ts';
import { type Around, aroundPorts } from './around-ports.ts';
import { FleetUnderTest, intervalMs } from './fleet-under-test.ts';

const channels = 'channels: {chat: {kind: slack, url: "env:SECRET_CHAT"}}';
const heartbeat = 'heartbeat: {url: "https://127.0.0.1/beat"}';

function twoClusters(): FleetUnderTest {
  return new FleetUnderTest({ top: `${channels}\n${heartbeat}`, clusters: { orders: {}, payments: {} } });
}

/** Storage that does not take what is decided of one cluster. */
function withoutCommits(fleet: FleetUnderTest, cluster: string, how: () => Promise<never>): WatchDeps {
  const deps = fleet.process();
  const { live } = deps.state;
  const commit: typeof live.commit = (name, ...rest) =>
    name === cluster ? how() : live.commit(name, ...rest);
  return { ...deps, state: { ...deps.state, live: { ...live, commit } } };
}

const headlines = (fleet: FleetUnderTest) => fleet.taken('chat').map((message) => message.headline);
const never = new Promise<never>(() => undefined);

describe('a sweep that cannot store what it decided of one cluster', () => {
  const away = () => Promise.reject(new StateError('unavailable', 'table live: no connection'));

  it('watches the others, and says so', async () => {
    const fleet = twoClusters();
    await fleet.sweep();
    for (const name of ['orders', 'payments'])
      fleet.simulation(name).apply({ kind: 'seal', node: `${name}-2` });
    const result = await fleet.sweep(intervalMs, withoutCommits(fleet, 'orders', away));
    expect(result).toMatchObject({
      complete: false,
      failed: [{ cluster: 'orders', why: 'table live: no connection' }],
    });
    expect(headlines(fleet)).toEqual(['payments: node sealed: payments-2']);
    // The next one decides it again.
    await fleet.sweep(intervalMs);
    expect(headlines(fleet)).toContain('orders: node sealed: orders-2');
  });

  it('is told as a gap that names the cluster and why, once it lasts, and as over', async () => {
    const fleet = twoClusters();
    await fleet.sweep();
    fleet.simulation('orders').apply({ kind: 'seal', node: 'orders-2' });
    const broken = withoutCommits(fleet, 'orders', away);
    await fleet.sweep(intervalMs, broken);
    await fleet.sweep(intervalMs, broken);
    const [gap] = fleet.taken('chat').filter(({ cluster }) => cluster === 'fleet');
    expect(gap?.changes[0]?.finding).toMatchObject({
      code: 'sweep-gap',
      subject: { kind: 'unwatched', name: 'orders' },
      summary: 'orders is not watched: table live: no connection',
    });
    await fleet.sweep(intervalMs);
    expect(headlines(fleet).at(-1)).toMatch(/^fleet: recovered: not watched/);
  });

  it('pings no heartbeat; the next complete one does', async () => {
    const fleet = twoClusters();
    await fleet.sweep();
    fleet.simulation('orders').apply({ kind: 'seal', node: 'orders-2' });
    expect(fleet.heartbeats).toHaveLength(1);
    await fleet.sweep(intervalMs, withoutCommits(fleet, 'orders', away));
    expect(fleet.heartbeats).toHaveLength(1);
    await fleet.sweep(intervalMs);
    expect(fleet.heartbeats).toHaveLength(2);
  });
});

describe('a cluster of which something hangs', () => {
  it.each(['a secret that is never read', 'storage that never answers'])(
    'does not keep the sweep from its end: %s',
    async (what) => {
      const fleet = twoClusters();
      await fleet.sweep();
      fleet.simulation('orders').apply({ kind: 'seal', node: 'orders-2' });
      fleet.simulation('payments').apply({ kind: 'seal', node: 'payments-2' });
      const deps = withoutCommits(fleet, what.startsWith('storage') ? 'orders' : 'none', () => never);
      const access: WatchDeps['access'] = (cluster, of) =>
        cluster.name === 'orders' && what.startsWith('a secret') ? never : deps.access(cluster, of);
      const result = await fleet.sweep(intervalMs, { ...deps, access });
      expect(result.failed).toEqual([{ cluster: 'orders', why: 'not done within 55 s' }]);
      expect(headlines(fleet)).toEqual(['payments: node sealed: payments-2']);
      expect(await fleet.state.sweeps.last()).toMatchObject({ id: result.id, complete: false });
    },
  );

  it('is told long before: healthy clusters do not wait for it', async () => {
    const fleet = twoClusters();
    await fleet.sweep();
    fleet.simulation('payments').apply({ kind: 'seal', node: 'payments-2' });
    const deps = fleet.process();
    const access: WatchDeps['access'] = (cluster, of) =>
      cluster.name === 'orders' ? never : deps.access(cluster, of);
    const hanging = sweep({ ...deps, access });
    for (let steps = 0; steps < 100; steps += 1) await fleet.clock.advance(10);
    expect(headlines(fleet)).toEqual(['payments: node sealed: payments-2']);
    expect((await fleet.passTime(hanging)).complete).toBe(false);
  });
});

describe('storage that fails while what is owed is sent', () => {
  it('ends the cluster with a reason, and not the process', async () => {
    const fleet = twoClusters();
    await fleet.sweep();
    await fleet.state.live.commit('orders', undefined, (await fleet.state.live.read('orders')).head?.etag, [
      anEntry({ dueAt: fleet.clock.now(), effect: { kind: 'history', transitions: [] } }),
    ]);
    const unhandled: unknown[] = [];
    const note = (error: unknown) => unhandled.push(error);
    process.on('unhandledRejection', note);
    const around: Around = (call, run) =>
      call.name === 'live.update'
        ? Promise.reject(new StateError('unavailable', 'table live: no connection'))
        : run();
    const deps = aroundPorts(fleet.process(), around);
    // The probes take longer than the failure.
    for (const { name } of fleet.simulation('orders').state.nodes)
      fleet.simulation('orders').apply({ kind: 'faults', node: name, faults: { latencyMs: 200 } });
    const result = await fleet.sweep(intervalMs, deps);
    process.off('unhandledRejection', note);
    expect(unhandled).toEqual([]);
    expect(result.failed.map(({ cluster }) => cluster)).toContain('orders');
  });

  it('is not the end of a delivery whose nudge cannot be left', async () => {
    const fleet = twoClusters();
    await fleet.sweep();
    fleet.answers.set('chat', {
      delivered: false,
      reason: 'unavailable',
      recoverable: true,
      detail: 'HTTP 503',
    });
    fleet.simulation('orders').apply({ kind: 'seal', node: 'orders-2' });
    const around: Around = (call, run) =>
      call.name === 'nudges.send' ? Promise.reject(new Error('queue notify: no connection')) : run();
    const result = await fleet.sweep(intervalMs, aroundPorts(fleet.process(), around));
    expect(result.complete).toBe(true);
    expect(fleet.logged.join('\n')).toContain('"event":"nudge-not-sent","cluster":"orders"');
    fleet.answers.delete('chat');
    await fleet.sweep(intervalMs);
    expect(headlines(fleet)).toEqual(['orders: node sealed: orders-2']);
  });
});

describe('a head that this version cannot read', () => {
  it.each(['orders', 'fleet'])('of %s is never overwritten, and is told', async (partition) => {
    const fleet = twoClusters();
    await fleet.sweep();
    const stored = await fleet.state.live.read(partition);
    const why = `${partition}/head is of version 9; this Sealwatch reads up to 1`;
    fleet.state.unreadable.push({ partition, row: 'head', why });
    const { live } = fleet.state;
    const scan = live.scan.bind(live);
    live.scan = async () => {
      const { partitions, unreadable } = await scan();
      const outbox = [{ etag: '*', value: anEntry({ dueAt: 0 }) }];
      return { partitions: new Map(partitions).set(partition, { outbox }), unreadable };
    };
    fleet.simulation('orders').apply({ kind: 'seal', node: 'orders-2' });
    fleet.simulation('payments').apply({ kind: 'seal', node: 'payments-2' });
    const result = await fleet.sweep(intervalMs);
    expect(result).toMatchObject({ complete: false, failed: [{ cluster: partition, why }] });
    expect(await fleet.state.live.read(partition)).toEqual(stored);
    expect(headlines(fleet)).toContain('payments: node sealed: payments-2');
    expect(fleet.heartbeats).toHaveLength(1);
    expect((await readStatus(fleet.main)).unreadable).toEqual([`${partition}/head: ${why}`]);
  });

  it('does not hold back what its cluster owes', async () => {
    const fleet = twoClusters();
    await fleet.sweep();
    fleet.answers.set('chat', {
      delivered: false,
      reason: 'unavailable',
      recoverable: true,
      detail: 'HTTP 503',
    });
    fleet.simulation('orders').apply({ kind: 'seal', node: 'orders-2' });
    await fleet.sweep(intervalMs);
    fleet.answers.delete('chat');
    fleet.state.unreadable.push({ partition: 'orders', row: 'head', why: 'of version 9' });
    await fleet.sweep(intervalMs);
    expect(headlines(fleet)).toEqual(['orders: node sealed: orders-2']);
  });
});

describe('whether anybody is watching', () => {
  it('is never before the first sweep, yes after it, stale when it is four intervals old', async () => {
    const fleet = twoClusters();
    const watching = async () => (await readStatus(fleet.main)).watching;
    expect(await watching()).toBe('never');
    await fleet.sweep();
    expect(await watching()).toBe('yes');
    await fleet.clock.advance(4 * intervalMs);
    expect(await watching()).toBe('yes');
    await fleet.clock.advance(1);
    expect(await readStatus(fleet.main)).toMatchObject({ watching: 'stale', stale: 'no-sweep' });
  });

  it('is a pause that the next sweep tells, with its times', async () => {
    const fleet = twoClusters();
    await fleet.sweep();
    await fleet.sweep(10 * 60_000);
    await fleet.sweep(intervalMs);
    expect(headlines(fleet)).toEqual(['fleet: not watched']);
    expect(fleet.taken('chat')[0]?.changes[0]?.finding.summary).toMatch(
      /^nobody watched the fleet from 2026-11-22T02:00:00.\d+Z to 2026-11-22T02:10:00/,
    );
  });

  it('shows a sweep that was not complete', async () => {
    const fleet = twoClusters();
    await fleet.sweep(
      0,
      withoutCommits(fleet, 'orders', () => Promise.reject(new Error('away'))),
    );
    const status = await readStatus(fleet.main);
    expect(status).toMatchObject({ watching: 'yes', lastSweep: { complete: false } });
    expect(status.clusters.map(({ cluster, status: of }) => [cluster, of])).toEqual([
      ['orders', 'unknown'],
      ['payments', 'ok'],
    ]);
  });
});

describe('a nudge to probe one cluster', () => {
  it('sweeps that one and no other', async () => {
    const fleet = twoClusters();
    await fleet.sweep();
    for (const name of ['orders', 'payments'])
      fleet.simulation(name).apply({ kind: 'seal', node: `${name}-2` });
    await fleet.passTime(sweepOne(fleet.main, 'orders'));
    expect(headlines(fleet)).toEqual(['orders: node sealed: orders-2']);
  });

  it('for a cluster that nobody knows does nothing', async () => {
    const fleet = twoClusters();
    await fleet.passTime(sweepOne(fleet.main, 'elsewhere'));
    expect(fleet.asked).toEqual([]);
    expect(fleet.logged.join()).toContain('nudge-for-unknown-cluster');
  });
});
