/** What a large fleet tells of itself: what its batches owe, channels that take nothing, sweeps that are not complete. */
import { describe, expect, it } from 'vitest';
import type { Delivery } from '../../../shared/alert/channel.ts';
import type { WatchDeps } from '../../../shared/work/deps.ts';
import { sweep } from '../../../shared/work/sweep.ts';
import { aroundPorts } from '../around-ports.ts';
import { intervalMs, type LargeFleet, largeFleet } from './night.ts';

const never = new Promise<never>(() => undefined);
const cut: Delivery = { delivered: false, reason: 'network', recoverable: true, detail: 'cut' };

const logs = (fleet: LargeFleet, event: string) =>
  fleet.logged.filter((line) => line.includes(`"event":"${event}"`));
const seal = (fleet: LargeFleet, cluster: string) =>
  fleet.simulation(cluster).apply({ kind: 'seal', node: `${cluster}-1` });
const fleetAlerts = async (fleet: LargeFleet) =>
  ((await fleet.state.live.read('fleet')).head?.value.alerts ?? [])
    .filter(({ status, resolvedAt }) => status === 'firing' && resolvedAt === undefined)
    .map(({ key, finding }) => `${key}: ${finding.summary}`);

async function calm(clusters = 8, batches = 'from: 3, clusters: 3'): Promise<LargeFleet> {
  const fleet = largeFleet({ clusters, batches });
  for (let n = 0; n < 3; n += 1) await fleet.round(Math.min(n, 1) * intervalMs);
  return fleet;
}

/** Cannot read the secrets of these. */
function awayFrom(fleet: LargeFleet, ...clusters: string[]): WatchDeps {
  const real = fleet.main;
  return fleet.process({
    reads: real.reads,
    access: (of, whole) =>
      clusters.includes(of.name) ? Promise.reject(new Error('away')) : real.access(of, whole),
  });
}

/** A worker takes all that is on the queue, and ends nothing of it. */
function hang(fleet: LargeFleet): void {
  const hung = aroundPorts(fleet.main, (call, run) => (call.name === 'live.scan' ? never : run()));
  for (const name of fleet.take()) void fleet.run(name, hung);
}

describe('a channel that takes nothing', () => {
  it('is a finding by what batches owe, and keeps the heartbeat away once a critical message waits too long', async () => {
    const fleet = await calm();
    fleet.answers.set('chat', cut);
    seal(fleet, 'c04');
    const beats: number[] = [];
    for (let n = 0; n < 16; n += 1) {
      expect(await fleet.round()).toMatchObject({ complete: true });
      beats.push(fleet.heartbeats.length);
    }
    expect(await fleetAlerts(fleet)).toEqual([
      'alert-undeliverable channel:chat: channel chat does not take messages (network)',
    ]);
    // It still came while the message was new.
    expect(beats[4]).toBeGreaterThan(beats[0] ?? 0);
    expect(beats.slice(-3)).toEqual([beats.at(-1), beats.at(-1), beats.at(-1)]);
    expect(logs(fleet, 'heartbeat-withheld').at(-1)).toContain('"cluster":"c04"');
    fleet.answers.delete('chat');
    for (let n = 0; n < 14; n += 1) await fleet.round();
    expect(await fleetAlerts(fleet)).toEqual([]);
    expect(fleet.heartbeats.length).toBeGreaterThan(beats.at(-1) ?? 0);
  });

  it("is a finding by what the fleet's own alerts owe, too", async () => {
    const fleet = await calm();
    fleet.answers.set('chat', cut);
    // Nobody takes a batch: the fleet is told, and no batch owes anything.
    for (let n = 0; n < 7; n += 1) await fleet.tick();
    expect(await fleetAlerts(fleet)).toContain(
      'alert-undeliverable channel:chat: channel chat does not take messages (network)',
    );
  });

  it('does not keep workers waiting, and the sweep before is on record afterwards', async () => {
    const fleet = await calm();
    fleet.yaml = fleet.yaml.replace('version: 1', 'version: 1\nalerts: {pending: {warning: 0s}}');
    await fleet.tick();
    const before = fleet.take()[0]?.split('.')[1];
    const timer = fleet.process({ sender: () => ({ deliver: () => never }) });
    await fleet.clock.advance(intervalMs);
    let ended = false;
    const ticked = sweep(timer).then(() => {
      ended = true;
    });
    for (let n = 0; n < 20; n += 1) await fleet.clock.advance(0);
    expect(ended).toBe(false);
    expect(fleet.queue).toHaveLength(3);
    await fleet.passTime(ticked);
    expect((await fleet.state.sweeps.last())?.id).toBe(before);
  });
});

describe('a message that cannot be read', () => {
  it.each(['c04', 'fleet'])("is told, be it a cluster's or the fleet's own (%s)", async (partition) => {
    const fleet = await calm();
    fleet.state.unreadable.push({ partition, row: 'outbox-1', why: 'damaged: effect: wrong' });
    for (let n = 0; n < 3; n += 1) await fleet.round();
    expect(await fleetAlerts(fleet)).toEqual([
      `sweep-gap fleet: messages cannot be read, so they are not sent: ${partition}`,
    ]);
    expect(logs(fleet, 'row-unreadable').at(-1)).toContain(`"partition":"${partition}"`);
  });
});

it('a record of the last sweep that cannot be read is no message: it is written anew', async () => {
  const fleet = await calm();
  fleet.state.unreadable.push({ partition: 'fleet', row: 'sweep', why: 'written by a newer Sealwatch (v2)' });
  for (let n = 0; n < 3; n += 1) expect(await fleet.round()).toMatchObject({ complete: true });
  expect(await fleetAlerts(fleet)).toEqual([]);
  expect(logs(fleet, 'row-unreadable').at(-1)).toContain('"row":"sweep"');
});

describe('the record', () => {
  it('says of a sweep that was not complete what it missed, and when the last complete one ended', async () => {
    const fleet = await calm();
    const { finishedAt } = (await fleet.state.sweeps.last()) ?? {};
    await fleet.tick();
    const [, id] = fleet.queue[0]?.split('.') ?? [];
    await fleet.work(fleet.take(), [awayFrom(fleet, 'c03')]);
    const at = fleet.clock.now() + intervalMs;
    await fleet.tick();
    const last = await fleet.state.sweeps.last();
    expect(last).toMatchObject({ id, complete: false, plannedAt: at });
    expect(last?.failed?.map(({ cluster }) => cluster)).toEqual(['c03']);
    expect(last?.lastCompleteAt).toBeGreaterThan(finishedAt ?? Number.POSITIVE_INFINITY);
    expect(last?.lastCompleteAt).toBeLessThan(at - intervalMs);
    await fleet.work(fleet.take(), [awayFrom(fleet, 'c03')]);
    await fleet.tick();
    expect((await fleet.state.sweeps.last())?.lastCompleteAt).toBe(last?.lastCompleteAt);
  });

  it('and the heartbeat come although messages could not be sent', async () => {
    const fleet = await calm(20, 'from: 3, clusters: 1');
    const beats = fleet.heartbeats.length;
    await fleet.round();
    const lost: string[] = [];
    const timer = fleet.process({
      state: {
        ...fleet.state,
        nudges: {
          ...fleet.state.nudges,
          batch: async (name, lifetimeMs) => {
            if (/\.(3|18)$/.test(name)) {
              lost.push(name);
              throw new Error('queue probe: no connection');
            }
            await fleet.state.nudges.batch(name, lifetimeMs);
          },
        },
      },
    });
    expect(await fleet.tick(intervalMs, timer)).toMatchObject({ complete: true, batches: 20 });
    expect(fleet.heartbeats).toHaveLength(beats + 2);
    expect(lost).toHaveLength(2);
    expect(logs(fleet, 'batch-not-sent')).toHaveLength(2);
    const numbers = [...fleet.queue, ...lost].map((name) => Number(name.split('.')[2]));
    expect(numbers.toSorted((a, b) => a - b)).toEqual(Array.from({ length: 20 }, (_, n) => n));
    expect((await fleet.state.sweeps.last())?.plannedAt).toBe(fleet.clock.now());
  });
});

describe('the heartbeat', () => {
  it('does not come for a sweep from before a pause; it does for the one after it', async () => {
    const fleet = await calm();
    const beats = fleet.heartbeats.length;
    expect(await fleet.round(5 * 60_000)).toMatchObject({ complete: true });
    expect(fleet.heartbeats).toHaveLength(beats);
    await fleet.round();
    expect(fleet.heartbeats).toHaveLength(beats + 1);
    expect((await fleet.state.sweeps.last())?.gap).toBeDefined();
  });

  it('does not come while all batches hang, though nothing failed yet', async () => {
    const fleet = await calm();
    await fleet.tick();
    const beats = fleet.heartbeats.length;
    hang(fleet);
    expect(await fleet.tick()).toMatchObject({ complete: false, failed: [], batches: 0 });
    expect(fleet.heartbeats).toHaveLength(beats);
    expect(await fleet.state.sweeps.last()).toMatchObject({ complete: false });
  });
});

describe('a cluster that is told by its name', () => {
  const named = async (): Promise<LargeFleet> => {
    const fleet = await calm(36, 'from: 3, clusters: 12');
    for (let n = 0; n < 3; n += 1) await fleet.round(intervalMs, [awayFrom(fleet, 'c01')]);
    expect(fleet.told()).toEqual(['fired sweep-gap c01']);
    return fleet;
  };

  it('is not called watched again while it is one of many that are told together', async () => {
    const fleet = await named();
    const many = Array.from({ length: 12 }, (_, n) => `c${n + 24}`);
    for (let n = 0; n < 4; n += 1) await fleet.round(intervalMs, [awayFrom(fleet, 'c01', ...many)]);
    expect(fleet.told()).toEqual(['fired sweep-gap c01', 'fired sweep-gap fleet']);
    for (let n = 0; n < 3; n += 1) await fleet.round();
    expect(fleet.told().slice(2).toSorted()).toEqual(['resolved sweep-gap c01', 'resolved sweep-gap fleet']);
  });

  it('nor while no worker takes its batch', async () => {
    const fleet = await named();
    for (let n = 0; n < 3; n += 1) await fleet.tick();
    expect(fleet.told()).toEqual(['fired sweep-gap c01', 'fired sweep-gap fleet']);
  });

  it('nor while its batch still runs, and it is too early to say so', async () => {
    const fleet = await calm();
    fleet.yaml = fleet.yaml.replace('version: 1', 'version: 1\nalerts: {pending: {warning: 0s}}');
    await fleet.tick();
    // So late that at the last tick it was watched within two intervals, just so.
    await fleet.clock.advance(29_500);
    await fleet.work(fleet.take());
    await fleet.tick(500);
    await fleet.work(fleet.take(), [awayFrom(fleet, 'c01')]);
    await fleet.tick();
    expect(fleet.told()).toEqual(['fired sweep-gap c01']);
    hang(fleet);
    expect(await fleet.tick()).toMatchObject({ failed: [], complete: false });
    expect(fleet.told()).toEqual(['fired sweep-gap c01']);
  });
});

it('batches that still run are no end of what was said of the fleet', async () => {
  const fleet = await calm();
  for (let n = 0; n < 4; n += 1) await fleet.tick();
  expect(fleet.told()).toEqual(['fired sweep-gap fleet']);
  hang(fleet);
  await fleet.tick();
  expect(fleet.told()).toEqual(['fired sweep-gap fleet']);
});

describe('a worker with an older fleet.yaml', () => {
  it('is told by the clusters that it does not know, which keep the sweep from being complete', async () => {
    const fleet = largeFleet();
    const newest = fleet.yaml;
    fleet.yaml = newest.replace(/ {2}c07:\n.*\n.*\n/, '');
    const older = await fleet.main.loadFleet();
    fleet.yaml = newest;
    const worker = fleet.process({ loadFleet: async () => older });
    await fleet.round(0, [worker]);
    const startedAt = fleet.clock.now();
    for (let n = 0; n < 3; n += 1) {
      const { complete, failed } = await fleet.tick();
      expect(complete).toBe(false);
      expect(failed).toEqual([
        {
          cluster: 'c07',
          why: 'the worker of its batch has another fleet.yaml than the timer: does it read the newest one?',
        },
      ]);
      await fleet.work(fleet.take(), [worker]);
    }
    const rows = (await fleet.state.batches.list()).batches.map(({ value }) => value.seenAt ?? 0);
    // What it does not know was never seen.
    expect(Math.min(...rows)).toBeLessThanOrEqual(startedAt);
    expect(fleet.told()).toEqual(['fired sweep-gap c07']);
    expect(fleet.heartbeats).toEqual([]);
  });
});
