/** A fleet that is swept in batches. */
import { describe, expect, it } from 'vitest';
import { inShare } from '../../../shared/state/share.ts';
import type { WatchDeps } from '../../../shared/work/deps.ts';
import { aroundPorts } from '../around-ports.ts';
import { intervalMs, type LargeFleet, largeFleet } from './night.ts';

const all = ['c00', 'c01', 'c02', 'c03', 'c04', 'c05', 'c06', 'c07'];
const each = (times: number) => Object.fromEntries(all.map((name) => [`${name}-1`, times]));

const hang = (fleet: LargeFleet, cluster: string, on = true) =>
  fleet.simulation(cluster).apply({ kind: 'faults', node: `${cluster}-1`, faults: { hang: on } });
const seal = (fleet: LargeFleet, cluster: string) =>
  fleet.simulation(cluster).apply({ kind: 'seal', node: `${cluster}-1` });
const sharesOf = async (fleet: LargeFleet) =>
  (await fleet.state.batches.list()).batches.map(({ value }) => value.share);

describe('a fleet above the threshold', () => {
  it('is planned by the timer, and watched by whoever takes a batch', async () => {
    const fleet = largeFleet();
    expect(await fleet.tick(0)).toMatchObject({ batches: 3, clusters: 8, nodes: 8 });
    expect(fleet.asked).toEqual([]);
    expect(fleet.queue).toHaveLength(3);
    await fleet.work(fleet.take(), [fleet.process(), fleet.process()]);
    expect(fleet.askedSince(0)).toEqual(each(1));
    const { partitions } = await fleet.state.live.scan();
    expect([...partitions.keys()].sort()).toEqual([...all, 'fleet']);
  });

  it('is complete when each batch is, which the next tick says and tells the outside', async () => {
    const fleet = largeFleet();
    await fleet.round(0);
    expect(fleet.heartbeats).toEqual([]);
    expect(await fleet.round()).toMatchObject({ complete: true, failed: [] });
    expect(fleet.heartbeats).toHaveLength(1);
    expect(await fleet.state.sweeps.last()).toMatchObject({ complete: true, clusters: 8, nodes: 8, turn: 1 });
    const { clusters } = (await fleet.state.observations.latest()) ?? { clusters: [] };
    expect(clusters.map(({ cluster }) => cluster).sort()).toEqual(all);
  });

  it('tells of a sealed node as a small fleet does', async () => {
    const fleet = largeFleet();
    await fleet.round(0);
    await fleet.round();
    seal(fleet, 'c04');
    await fleet.round();
    expect(fleet.told()).toContain('fired cluster-sealed c04');
    expect(fleet.told().filter((line) => !line.endsWith('c04'))).toEqual([]);
  });

  it('is swept whole again once it is small enough, without a gap or a word', async () => {
    const fleet = largeFleet();
    const large = fleet.yaml;
    for (let n = 0; n < 3; n += 1) await fleet.round(Math.min(n, 1) * intervalMs);
    fleet.yaml = large.replace('from: 3,', 'from: 100,');
    for (let n = 0; n < 3; n += 1) expect(await fleet.round()).toMatchObject({ complete: true });
    fleet.yaml = large;
    for (let n = 0; n < 4; n += 1) await fleet.round();
    expect(await fleet.round()).toMatchObject({ complete: true });
    expect(fleet.posted).toEqual([]);
    expect(await fleet.state.sweeps.last()).not.toHaveProperty('gap');
  });

  it('forgets a cluster that left fleet.yaml, as soon as two ticks saw that', async () => {
    const fleet = largeFleet();
    seal(fleet, 'c05');
    await fleet.round(0);
    fleet.yaml = fleet.yaml.replace(/ {2}c05:\n.*\n.*\n/, '');
    await fleet.round();
    expect((await fleet.state.live.read('c05')).head).toBeDefined();
    await fleet.round();
    expect((await fleet.state.live.read('c05')).head).toBeUndefined();
    expect(fleet.told().at(-1)).toMatch(/c05$/);
  });
});

describe('a worker', () => {
  const mostlyHome = async (fleet: LargeFleet, workers: WatchDeps[]) => {
    const homes = new Map<string, number>();
    for (const { value } of (await fleet.state.batches.list()).batches) {
      if (value.claim?.by === value.home)
        homes.set(value.claim?.by ?? '', (homes.get(value.claim?.by ?? '') ?? 0) + 1);
    }
    return workers.map(({ reads }) => homes.get(reads.worker) ?? 0);
  };

  it('has the same clusters in every sweep, whichever messages reach it', async () => {
    const fleet = largeFleet({ clusters: 12 });
    const workers = [fleet.process(), fleet.process()];
    await fleet.round(0, workers);
    for (let n = 0; n < 6; n += 1) {
      await fleet.tick();
      const names = fleet.take();
      // Others each time, and not alternately.
      await fleet.work(
        [...names.slice(n % 4), ...names.slice(0, n % 4)],
        n % 2 ? workers : workers.toReversed(),
      );
      expect(await mostlyHome(fleet, workers)).toEqual([2, 2]);
    }
  });

  it('needs one message only for all of its batches', async () => {
    const fleet = largeFleet();
    await fleet.round(0);
    await fleet.tick();
    await fleet.work(fleet.take().slice(0, 1));
    expect(await fleet.tick()).toMatchObject({ complete: true });
  });

  it('keeps its message while others may still come for theirs: each must get one', async () => {
    const fleet = largeFleet({ clusters: 12 });
    const [one, other] = [fleet.process(), fleet.process()];
    await fleet.round(0, [one, other]);
    await fleet.tick();
    const from = fleet.clock.now();
    const { batches } = await fleet.state.batches.list();
    const own = batches.find(({ value }) => value.home === one.reads.worker)?.value;
    const message = fleet.take().find((name) => name.endsWith(`.${own?.number}`)) ?? '';
    await fleet.work([message], [one]);
    expect(fleet.clock.now() - from).toBeGreaterThanOrEqual(5000);
    expect((await fleet.state.batches.list()).batches.filter(({ value }) => value.claim)).toHaveLength(2);
  });

  it('that is no more has its batches run by others, a little later', async () => {
    const fleet = largeFleet();
    await fleet.round(0);
    await fleet.tick();
    const from = fleet.clock.now();
    await fleet.work(fleet.take(), [fleet.process()]);
    expect(fleet.clock.now() - from).toBeGreaterThanOrEqual(5000);
    expect(await fleet.tick()).toMatchObject({ complete: true });
  });

  it('reads what its batches share once a sweep', async () => {
    const fleet = largeFleet({ clusters: 12 });
    const calls: string[] = [];
    const worker = aroundPorts(fleet.process(), (call, run) => {
      calls.push(call.name);
      return run();
    });
    const counts = () =>
      Object.fromEntries([...Map.groupBy(calls, (name) => name)].map(([name, its]) => [name, its.length]));
    for (let n = 0; n < 3; n += 1) {
      calls.length = 0;
      await fleet.tick(Math.min(n, 1) * intervalMs);
      await fleet.work(fleet.take(), [worker]);
    }
    const once = [
      'words.quiets',
      'words.holds',
      'recover.recoveries',
      'recover.generations',
      'rotate.readiness',
      'rotate.rotations',
    ];
    // Four batches: each is read, claimed, observed and ended; nothing else of a quiet fleet is written.
    expect(counts()).toEqual({
      'batches.list': 1,
      ...Object.fromEntries(once.map((name) => [name, 1])),
      'live.scan': 4,
      'batches.update': 8,
      'observations.save': 4,
    });
  });
});

describe('a message', () => {
  it('that comes twice does nothing the second time', async () => {
    const fleet = largeFleet();
    await fleet.tick(0);
    const names = fleet.take();
    const other = fleet.process();
    await fleet.passTime(Promise.all(names.flatMap((name) => [fleet.run(name), fleet.run(name, other)])));
    await fleet.work(names, [fleet.process()]);
    expect(fleet.askedSince(0)).toEqual(each(1));
    expect(await fleet.tick()).toMatchObject({ complete: true });
  });

  it('of a plan that is no more does nothing, and leaves the newer plan alone', async () => {
    const fleet = largeFleet();
    await fleet.tick(0);
    const old = fleet.take();
    await fleet.tick();
    await fleet.work(old);
    expect(fleet.asked).toEqual([]);
    await fleet.work(fleet.take());
    expect(fleet.askedSince(0)).toEqual(each(1));
  });

  it('ends by itself when its plan is no more, and no run of it can still go on', async () => {
    const fleet = largeFleet();
    await fleet.tick(0);
    expect(fleet.state.nudgedBatches.map(({ lifetimeMs }) => lifetimeMs)).toEqual([
      300_000, 300_000, 300_000,
    ]);
  });
});

describe('a batch that waits for a silent node', () => {
  it('delays no other, and the next sweep leaves its clusters alone and takes all others', async () => {
    const fleet = largeFleet();
    await fleet.round(0);
    await fleet.tick();
    const names = fleet.take();
    const slow = fleet.process({ access: () => new Promise<never>(() => undefined) });
    const other = fleet.process();
    const others = Promise.all(names.slice(1).map((name) => fleet.run(name, other)));
    void fleet.run(names[0] ?? '', slow);
    await fleet.passTime(others);
    const { batches } = await fleet.state.batches.list();
    const [running] = batches.filter(({ value }) => value.claim && !value.result);
    const from = fleet.asked.length;
    await fleet.clock.advance(24_000);
    // Nothing failed, and not all is done.
    expect(await fleet.tick(0)).toMatchObject({ complete: false, failed: [], batches: 2 });
    await fleet.work(fleet.take());
    const its = all.filter((name) => running && inShare(running.value.share)(name));
    expect(its.length).toBeGreaterThan(0);
    expect(Object.keys(fleet.askedSince(from)).sort()).toEqual(
      all.filter((name) => !its.includes(name)).map((name) => `${name}-1`),
    );
    // A whole interval more, and it is no delay any more.
    const { failed } = await fleet.tick();
    expect(failed.map(({ cluster }) => cluster)).toEqual(its);
    expect(failed[0]?.why).toBe('not done within 55 s');
  });

  it('has its silent clusters in a batch of their own the next time', async () => {
    const fleet = largeFleet();
    hang(fleet, 'c04');
    await fleet.round(0);
    await fleet.tick();
    const shares = await sharesOf(fleet);
    expect(shares).toContainEqual({ only: ['c04'] });
    expect(shares.filter((share) => 'from' in share && share.except.includes('c04'))).toHaveLength(1);
    await fleet.work(fleet.take());
    hang(fleet, 'c04', false);
    await fleet.round();
    await fleet.tick();
    expect(await sharesOf(fleet)).not.toContainEqual({ only: ['c04'] });
  });
});

describe('a batch that no worker took', () => {
  it('is told after one interval, with what to do, and keeps the heartbeat away', async () => {
    const fleet = largeFleet();
    await fleet.round(0);
    await fleet.round();
    const beats = fleet.heartbeats.length;
    await fleet.tick();
    await fleet.work(fleet.take().slice(0, 2), [fleet.process()]);
    const { failed, complete } = await fleet.tick();
    expect(complete).toBe(false);
    expect(fleet.heartbeats.length).toBe(beats + 1);
    expect(failed.length).toBeGreaterThan(0);
    expect(failed[0]?.why).toBe('no worker took its batch in time: more workers are needed');
    await fleet.work(fleet.take().slice(0, 2), [fleet.process()]);
    await fleet.tick();
    expect(fleet.told()).toEqual(['fired sweep-gap fleet']);
  });

  it('makes a fleet without any worker a finding, though the timer still runs', async () => {
    const fleet = largeFleet({ clusters: 12 });
    await fleet.round(0);
    for (let n = 0; n < 3; n += 1) await fleet.tick();
    expect(fleet.told()).toEqual(['fired sweep-gap fleet']);
    expect(fleet.posted[0]?.message.changes[0]?.finding.summary).toMatch(
      /^workers do not take all batches in time/,
    );
  });
});

describe('a batch that dies with its worker', () => {
  /** A worker that ends when it is to look at this cluster. */
  const poisonedBy = (fleet: LargeFleet, cluster: string) => {
    const deps = fleet.process();
    return fleet.process({
      access: (of, whole) =>
        of.name === cluster ? new Promise<never>(() => undefined) : deps.access(of, whole),
      state: {
        ...fleet.state,
        batches: {
          ...fleet.state.batches,
          // It is dead before it could write down an end of this batch.
          update: async (batch) => {
            const { batches } = fleet.state;
            return batch.value.result?.failed.some(({ cluster: name }) => name === cluster) ||
              batch.value.failure
              ? 'gone'
              : batches.update(batch);
          },
        },
      },
    });
  };

  it('is told, and is halved until the cause is alone and all others are watched', async () => {
    const fleet = largeFleet({ batches: 'from: 3, clusters: 8' });
    const shares = [];
    for (let n = 0; n < 16; n += 1) {
      await fleet.tick(n === 0 ? 0 : intervalMs);
      const names = fleet.take();
      const worker = poisonedBy(fleet, 'c03');
      void Promise.all(names.map((name) => fleet.run(name, worker)));
      await fleet.clock.advance(0);
      shares.push(await sharesOf(fleet));
    }
    expect(shares[0]).toEqual([{ from: '', except: [] }]);
    const from = fleet.asked.length;
    await fleet.clock.advance(5 * intervalMs);
    for (let n = 0; n < 4; n += 1) await fleet.round(intervalMs, [poisonedBy(fleet, 'c03')]);
    const asked = Object.keys(fleet.askedSince(from));
    expect(asked.sort()).toEqual(all.filter((name) => name !== 'c03').map((name) => `${name}-1`));
    expect(fleet.told()).toContain('fired sweep-gap c03');
  });
});

describe('a batch whose worker cannot read storage', () => {
  it('says why, and is whole again in the next sweep', async () => {
    const fleet = largeFleet();
    await fleet.round(0);
    await fleet.tick();
    const broken = fleet.process({
      state: {
        ...fleet.state,
        live: { ...fleet.state.live, scan: () => Promise.reject(new TypeError('https://user:pw@x')) },
      },
    });
    await fleet.work(fleet.take(), [broken]);
    const { failed } = await fleet.tick();
    expect(failed).toHaveLength(8);
    expect(new Set(failed.map(({ why }) => why))).toEqual(
      new Set(['its batch could not run: TypeError: see the log']),
    );
    expect(await sharesOf(fleet)).toHaveLength(3);
    await fleet.work(fleet.take());
    expect(await fleet.tick()).toMatchObject({ complete: true });
  });
});
