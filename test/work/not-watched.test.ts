/** Rule 13: whatever was not watched shows, to people and to the outside. */
import { describe, expect, it } from 'vitest';
import { owedOf } from '../../shared/alert/owed.ts';
import type { OutboxEntry } from '../../shared/state/ports.ts';
import { startOrder } from '../../shared/work/start-order.ts';
import { readStatus } from '../../shared/work/status.ts';
import { sweep } from '../../shared/work/sweep.ts';
import { unheard } from '../../shared/work/unheard.ts';
import { anEntry } from '../fakes/state/examples.ts';
import { aroundPorts } from './around-ports.ts';
import { FleetUnderTest, intervalMs } from './fleet-under-test.ts';

const top = `
channels:
  chat: {kind: slack, url: "env:SECRET_CHAT"}
heartbeat: {url: "https://127.0.0.1/beat"}`;

function twoClusters(): FleetUnderTest {
  return new FleetUnderTest({ top, clusters: { orders: {}, payments: {} } });
}

const headlines = (fleet: FleetUnderTest) => fleet.taken('chat').map(({ headline }) => headline);

/** Every node of these clusters takes connections and says nothing. */
function hang(fleet: FleetUnderTest, ...clusters: string[]): void {
  for (const name of clusters) {
    const simulation = fleet.simulation(name);
    for (const { name: node } of simulation.state.nodes)
      simulation.apply({ kind: 'faults', node, faults: { hang: true } });
  }
}

/** More silent nodes than one sweep can wait for, all of them before the cluster that matters. */
function starving(): FleetUnderTest {
  const silent = Array.from({ length: 12 }, (_, n) => [`silent${n}`, { nodes: 10 }]);
  const clusters = { ...Object.fromEntries(silent), zz: {} };
  return new FleetUnderTest({ top: `${top}\nprobe: {concurrency: 4}`, clusters });
}

describe('clusters that the deadline leaves unasked', () => {
  it('make the sweep incomplete, are named with what to do, and stop the heartbeat', async () => {
    const fleet = starving();
    await fleet.sweep();
    hang(fleet, ...[...fleet.simulations.keys()].filter((name) => name !== 'zz'));
    await fleet.clock.advance(intervalMs);
    const result = await fleet.passTime(sweep(fleet.main), 100);
    expect(result.complete).toBe(false);
    expect(result.failed.length).toBeGreaterThan(0);
    for (const { why } of result.failed) {
      expect(why).toMatch(
        / not asked: the sweep's deadline came first; raise probe.concurrency or probe.deadline$/,
      );
    }
    expect(fleet.heartbeats).toHaveLength(1);
    const { head } = await fleet.state.live.read('fleet');
    expect(head?.value.alerts.map(({ key }) => key)).toEqual(
      result.failed.length > 10
        ? ['sweep-gap fleet']
        : result.failed.map(({ cluster }) => `sweep-gap unwatched:${cluster}`),
    );
  });

  it('are others in the next sweeps, and healthy ones come before those that were silent', async () => {
    const fleet = starving();
    await fleet.sweep();
    hang(fleet, ...[...fleet.simulations.keys()].filter((name) => name !== 'zz'));
    fleet.simulation('zz').apply({ kind: 'seal', node: 'zz-2' });
    for (let sweeps = 0; sweeps < 3; sweeps += 1) {
      await fleet.clock.advance(intervalMs);
      await fleet.passTime(sweep(fleet.main), 100);
    }
    expect(headlines(fleet)).toContain('zz: node sealed: zz-2');
    const from = fleet.asked.length;
    const at = fleet.clock.now();
    await fleet.passTime(sweep(fleet.main), 100);
    const asked = fleet.asked.slice(from).filter(({ node }) => node.startsWith('zz'));
    expect(new Set(asked.map(({ node }) => node)).size).toBe(3);
    // Behind the first four, whose second of patience is all that it waits for.
    expect(Math.min(...asked.map((each) => each.at - at))).toBeLessThanOrEqual(1500);
  });

  it('are others in each sweep, also of a process that starts anew', async () => {
    const clusters = Object.fromEntries(Array.from({ length: 6 }, (_, n) => [`c${n}`, {}]));
    const fleet = new FleetUnderTest({ top: `${top}\nprobe: {concurrency: 1}`, clusters });
    const first = new Set<string>();
    for (let sweeps = 0; sweeps < 5; sweeps += 1) {
      const from = fleet.asked.length;
      await fleet.sweep(intervalMs, fleet.process());
      first.add(fleet.asked[from]?.node.split('-')[0] ?? '');
    }
    expect(first.size).toBeGreaterThanOrEqual(4);
  });

  it('start first within a few turns, wherever they stand', () => {
    const clusters = Array.from({ length: 100 }, (_, n) => n);
    const waited = clusters.map((cluster) => {
      for (let turn = 1; ; turn += 1) if (startOrder(clusters, turn).indexOf(cluster) < 20) return turn;
    });
    expect(Math.max(...waited)).toBeLessThanOrEqual(8);
    expect(startOrder(clusters, 7).toSorted((a, b) => a - b)).toEqual(clusters);
    expect(startOrder([], 7)).toEqual([]);
  });
});

describe('the status while sweeps are incomplete', () => {
  const away = (fleet: FleetUnderTest, cluster: string) => {
    const real = fleet.main;
    return fleet.process({
      access: (of, whole) =>
        of.name === cluster ? Promise.reject(new Error('away')) : real.access(of, whole),
    });
  };

  it('is yes at first, with the cluster unknown and why, and stale after 20 intervals', async () => {
    const fleet = twoClusters();
    await fleet.sweep();
    const broken = away(fleet, 'orders');
    await fleet.sweep(intervalMs, broken);
    const first = await readStatus(fleet.main);
    expect(first).toMatchObject({
      watching: 'yes',
      lastSweep: { complete: false, lastCompleteAt: expect.any(String) },
      notSwept: [{ cluster: 'orders', why: 'Error: see the log' }],
      clusters: [
        { cluster: 'orders', status: 'unknown', notSwept: 'Error: see the log' },
        { cluster: 'payments', status: 'ok' },
      ],
    });
    for (let sweeps = 0; sweeps < 18; sweeps += 1) await fleet.sweep(intervalMs, broken);
    expect((await readStatus(fleet.main)).watching).toBe('yes');
    await fleet.sweep(2 * intervalMs, broken);
    expect(await readStatus(fleet.main)).toMatchObject({ watching: 'stale', stale: 'incomplete' });
    await fleet.sweep(intervalMs);
    expect(await readStatus(fleet.main)).toMatchObject({ watching: 'yes', notSwept: [] });
  });

  it('is stale in the end for a fleet that was never swept completely', async () => {
    const fleet = twoClusters();
    const broken = away(fleet, 'orders');
    for (let sweeps = 0; sweeps < 20; sweeps += 1) await fleet.sweep(intervalMs, broken);
    expect((await readStatus(fleet.main)).watching).toBe('yes');
    for (let sweeps = 0; sweeps < 2; sweeps += 1) await fleet.sweep(intervalMs, broken);
    expect(await readStatus(fleet.main)).toMatchObject({ watching: 'stale', stale: 'incomplete' });
  });

  it('shows that the alerts of the fleet itself cannot be read', async () => {
    const fleet = twoClusters();
    await fleet.sweep();
    const why = 'written by a newer Sealwatch (v2): upgrade this app';
    fleet.state.unreadable.push({ partition: 'fleet', row: 'head', why });
    await fleet.sweep(intervalMs);
    expect((await readStatus(fleet.main)).notSwept).toEqual([{ cluster: 'fleet', why }]);
  });

  it('shows who holds a cluster, and until when', async () => {
    const fleet = twoClusters();
    await fleet.sweep();
    const until = fleet.clock.now() + 60_000;
    fleet.state.standingHolds.push({ cluster: 'orders', by: 'tid+oid', reason: 'restore', until });
    const [orders, payments] = (await readStatus(fleet.main)).clusters;
    expect(orders?.hold).toEqual({
      by: 'tid+oid',
      reason: 'restore',
      until: new Date(until).toISOString(),
    });
    expect(payments).not.toHaveProperty('hold');
  });
});

describe('observations that cannot be stored', () => {
  it('are logged: the sweep is complete and pings the heartbeat', async () => {
    const fleet = twoClusters();
    const deps = aroundPorts(fleet.process(), (call, run) =>
      call.name === 'observations.save'
        ? Promise.reject(new Error('container observations: no connection'))
        : run(),
    );
    expect(await fleet.sweep(0, deps)).toMatchObject({ complete: true, failed: [] });
    expect(fleet.heartbeats).toHaveLength(1);
    expect(await fleet.state.sweeps.last()).toMatchObject({ complete: true });
    expect(fleet.logged.join('\n')).toContain('"event":"observations-not-saved"');
  });
});

describe('an outbox row that cannot be read', () => {
  it('is told as a message that is not sent; the sweep stays complete', async () => {
    const fleet = twoClusters();
    await fleet.sweep();
    const row = 'outbox-00000002-x-chat';
    fleet.state.unreadable.push({ partition: 'payments', row, why: 'damaged: effect: wrong' });
    const results = [await fleet.sweep(intervalMs), await fleet.sweep(intervalMs)];
    expect(results.map(({ complete }) => complete)).toEqual([true, true]);
    expect(headlines(fleet)).toEqual(['fleet: not watched']);
    expect(fleet.taken('chat')[0]?.changes[0]?.finding).toMatchObject({
      code: 'sweep-gap',
      summary: 'messages cannot be read, so they are not sent: payments',
      evidence: [`payments/${row}: damaged: effect: wrong`],
    });
  });
});

describe('the heartbeat', () => {
  it('falls silent while nobody takes a critical message, says why, and comes back', async () => {
    const fleet = twoClusters();
    await fleet.sweep();
    fleet.answers.set('chat', { delivered: false, reason: 'gone', recoverable: false, detail: 'HTTP 410' });
    for (const { name } of fleet.simulation().state.nodes)
      fleet.simulation().apply({ kind: 'seal', node: name });
    // Asked every 30 minutes: three attempts take over an hour.
    for (let sweeps = 0; sweeps < 140; sweeps += 1) await fleet.sweep(intervalMs);
    const beats = fleet.heartbeats.length;
    expect(await fleet.sweep(intervalMs)).toMatchObject({ complete: true });
    expect(fleet.heartbeats).toHaveLength(beats);
    expect(fleet.logged.at(-1)).toContain('"event":"heartbeat-withheld"');
    fleet.answers.delete('chat');
    for (let sweeps = 0; sweeps < 62; sweeps += 1) await fleet.sweep(intervalMs);
    expect(await fleet.outbox()).toEqual([]);
    expect(fleet.heartbeats.length).toBeGreaterThan(beats);
  });

  const owed = (over: Partial<OutboxEntry> = {}, severity: 'critical' | 'warning' = 'critical') => {
    const entry = anEntry();
    if (entry.effect.kind !== 'message') throw new Error('not a message');
    const effect = { ...entry.effect, message: { ...entry.effect.message, severity } };
    return owedOf([{ ...entry, createdAt: 0, attempts: 3, effect, ...over }]);
  };

  it('minds only what is critical, was tried three times and is owed for more than five minutes', () => {
    expect(unheard(owed(), 300_001)).toMatchObject({ attempts: 3, owedSeconds: 300 });
    expect(unheard(owed(), 300_000)).toBeUndefined();
    expect(unheard(owed({ attempts: 2 }), 300_001)).toBeUndefined();
    expect(unheard(owed({}, 'warning'), 300_001)).toBeUndefined();
  });
});

describe('a client that throws', () => {
  it('fails its cluster, and neither the others nor the process', async () => {
    const fleet = twoClusters();
    const real = fleet.main;
    const deps = fleet.process({
      async access(of, whole) {
        const found = await real.access(of, whole);
        if (of.name !== 'orders') return found;
        const clients = new Map(
          [...found.clients].map(([name, target]) => [
            name,
            target.ok
              ? {
                  ok: true as const,
                  client: {
                    ...target.client,
                    address: '',
                    health: () => Promise.reject(new Error('broken')),
                  },
                }
              : target,
          ]),
        );
        return { ...found, clients };
      },
    });
    const { failed, blind } = await fleet.sweep(0, deps);
    expect(failed).toEqual([{ cluster: 'orders', why: 'Error: see the log' }]);
    expect(blind).toBe(false);
  });

  it('makes the whole sweep a failed run where no cluster is left', async () => {
    const fleet = twoClusters();
    const nobody = fleet.process({ access: () => Promise.reject(new Error('broken')) });
    expect(await fleet.sweep(0, nobody)).toMatchObject({ complete: false, blind: true });
    expect(await fleet.sweep(0)).toMatchObject({ complete: true, blind: false });
  });
});
