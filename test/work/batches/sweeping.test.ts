/** A fleet that is swept in batches. */
import { describe, expect, it } from 'vitest';
import type { WatchDeps } from '../../../shared/work/deps.ts';
import { aroundPorts } from '../around-ports.ts';
import { intervalMs, type LargeFleet, largeFleet } from './night.ts';

const all = ['c00', 'c01', 'c02', 'c03', 'c04', 'c05', 'c06', 'c07'];
const each = (times: number) => Object.fromEntries(all.map((name) => [`${name}-1`, times]));

const seal = (fleet: LargeFleet, cluster: string) =>
  fleet.simulation(cluster).apply({ kind: 'seal', node: `${cluster}-1` });

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
