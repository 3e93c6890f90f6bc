/** A batch that somebody has: what it watches, forgets and writes, and in which order. */
import { describe, expect, it } from 'vitest';
import type { Batch, Share } from '../../../shared/state/ports.ts';
import type { WatchDeps } from '../../../shared/work/deps.ts';
import { aHead } from '../../fakes/state/examples.ts';
import { aroundPorts } from '../around-ports.ts';
import { intervalMs, type LargeFleet, largeFleet } from './night.ts';
import { rowsOf } from './workers.ts';

const all = ['c00', 'c01', 'c02', 'c03', 'c04', 'c05', 'c06', 'c07'];
const oneBatch = { batches: 'from: 3, clusters: 8' };
const hang = (fleet: LargeFleet, cluster: string, on = true) =>
  fleet.simulation(cluster).apply({ kind: 'faults', node: `${cluster}-1`, faults: { hang: on } });
/** Of clusters, in the order in which they were first asked. */
const order = (fleet: LargeFleet, from = 0) => [
  ...new Set(fleet.asked.slice(from).map(({ node }) => node.replace('-1', ''))),
];
const headOf = async ({ state }: LargeFleet, cluster: string) => (await state.live.read(cluster)).head;

describe('a batch of clusters by name', () => {
  /** One batch, as if a timer with the same settled fleet.yaml had planned it. */
  const runs = async (fleet: LargeFleet, share: Share) => {
    const { hash } = await fleet.main.loadFleet();
    const sweep = { id: 's', startedAt: fleet.clock.now(), turn: 1, settledHash: hash, fleetHash: hash };
    const batch: Batch = { number: 0, share, sweep: sweep as Batch['sweep'] };
    await fleet.state.batches.plan([batch], []);
    await fleet.work(['batch.s.0']);
  };

  it('forgets nobody: whoever left fleet.yaml is in a range', async () => {
    const fleet = largeFleet();
    await fleet.state.live.commit('former', aHead({ cluster: 'former' }), undefined, []);
    await runs(fleet, { only: ['c00', 'former'] });
    expect(order(fleet)).toEqual(['c00']);
    expect(await headOf(fleet, 'former')).toBeDefined();
    const again = largeFleet();
    await again.state.live.commit('former', aHead({ cluster: 'former' }), undefined, []);
    await runs(again, { from: 'd', except: [] });
    expect(await headOf(again, 'former')).toBeUndefined();
  });
});

describe('a worker with another fleet.yaml than the timer', () => {
  it('forgets nobody, and names what it watched', async () => {
    const fleet = largeFleet();
    await fleet.round(0);
    await fleet.round();
    const timers = fleet.yaml;
    fleet.yaml = timers.replace(/ {2}c05:\n.*\n.*\n/, '');
    const old = fleet.process();
    const worker = {
      ...old,
      loadFleet: (
        (loaded) => async () =>
          loaded
      )(await old.loadFleet()),
    };
    fleet.yaml = timers;
    for (let n = 0; n < 2; n += 1) {
      await fleet.round(intervalMs, [worker]);
      expect(await headOf(fleet, 'c05')).toBeDefined();
    }
    const watched = (await rowsOf(fleet)).flatMap(({ result }) => result?.watched ?? []);
    expect(watched.sort()).toEqual(all.filter((name) => name !== 'c05'));
    expect((await fleet.tick()).failed.map(({ cluster }) => cluster)).toEqual(['c05']);
  });

  it('is no other where it has the same one: it names nothing', async () => {
    const fleet = largeFleet();
    await fleet.round(0);
    for (const { result } of await rowsOf(fleet)) expect(result).not.toHaveProperty('watched');
  });
});

describe('the clusters of a batch', () => {
  it('begin elsewhere in each sweep', async () => {
    const fleet = largeFleet(oneBatch);
    const firsts = [];
    for (let n = 0; n < 3; n += 1) {
      const from = fleet.asked.length;
      await fleet.round(Math.min(n, 1) * intervalMs);
      const asked = order(fleet, from);
      expect(asked.toSorted()).toEqual(all);
      firsts.push(asked[0]);
    }
    expect(firsts).toEqual(['c04', 'c01', 'c06']);
  });

  it('whose nodes were silent wait behind the others', async () => {
    const fleet = largeFleet(oneBatch);
    fleet.yaml = fleet.yaml.replace('probe: {', 'probe: {concurrency: 1, ');
    // More than a fifth: they have no batch of their own.
    const silent = ['c02', 'c03'];
    for (const name of silent) hang(fleet, name);
    await fleet.round(0);
    const from = fleet.asked.length;
    await fleet.round();
    expect((await rowsOf(fleet)).map(({ share }) => share)).toEqual([{ from: '', except: [] }]);
    expect(order(fleet, from).slice(-2).sort()).toEqual(silent);
  });

  it('are slow where a node is silent, not where it refuses; what the others took is without those', async () => {
    const fleet = largeFleet(oneBatch);
    hang(fleet, 'c02');
    fleet.simulation('c03').apply({ kind: 'faults', node: 'c03-1', faults: { reset: true } });
    fleet.simulation('c05').apply({ kind: 'faults', node: 'c05-1', faults: { latencyMs: 700 } });
    await fleet.round(0);
    const [row] = await rowsOf(fleet);
    const { finishedAt = 0, slow, prompt } = row?.result ?? {};
    expect(slow).toEqual(['c02']);
    expect(prompt?.clusters).toBe(7);
    expect(prompt?.ms).toBeGreaterThanOrEqual(700);
    const tookMs = finishedAt - (row?.claim?.at ?? 0);
    expect(tookMs).toBeGreaterThan(prompt?.ms ?? Infinity);
  });

  it('that could not be watched count as slow: others need not wait for them again', async () => {
    const fleet = largeFleet(oneBatch);
    const healthy = fleet.process();
    const worker = fleet.process({
      access: (cluster, loaded) =>
        cluster.name === 'c03' ? Promise.reject(new Error('no secret')) : healthy.access(cluster, loaded),
    });
    await fleet.round(0, [worker]);
    expect((await rowsOf(fleet))[0]?.result).toMatchObject({ slow: ['c03'], prompt: { clusters: 7 } });
    await fleet.tick();
    expect((await rowsOf(fleet)).map(({ share }) => share)).toContainEqual({ only: ['c03'] });
  });
});

describe('the end of a batch', () => {
  const failing = (deps: WatchDeps, isIt: (name: string) => boolean, calls: string[] = []) =>
    aroundPorts(deps, ({ name }, run) => {
      calls.push(name);
      return isIt(name) ? Promise.reject(new Error('throttled')) : run();
    });

  it('is written before its observations, whose loss is only logged', async () => {
    const fleet = largeFleet(oneBatch);
    const calls: string[] = [];
    await fleet.round(0, [failing(fleet.process(), (name) => name === 'observations.save', calls)]);
    const [, end] = calls.flatMap((name, index) => (name === 'batches.update' ? [index] : []));
    expect(end).toBeLessThan(calls.indexOf('observations.save'));
    expect(fleet.logged.filter((line) => line.includes('observations-not-saved'))).toHaveLength(1);
    const [row] = await rowsOf(fleet);
    expect(row?.result).toMatchObject({ clusters: 8, nodes: 8, failed: [] });
    expect(row).not.toHaveProperty('failure');
    expect(await fleet.tick()).toMatchObject({ complete: true });
  });

  it('is written though what its channels did cannot be noted', async () => {
    const fleet = largeFleet(oneBatch);
    await fleet.round(0);
    await fleet.round();
    fleet.simulation('c04').apply({ kind: 'seal', node: 'c04-1' });
    const { main } = fleet;
    const { live } = main.state;
    let lost = 0;
    const read: typeof live.read = async (cluster) => {
      if (cluster !== 'fleet') return live.read(cluster);
      lost += 1;
      throw new Error('throttled');
    };
    const worker = fleet.process({ state: { ...main.state, live: { ...live, read } } });
    for (let n = 0; n < 3; n += 1) {
      await fleet.tick();
      await fleet.work(fleet.take(), [worker]);
      const [row] = await rowsOf(fleet);
      expect(row?.result).toMatchObject({ clusters: 8, failed: [] });
    }
    expect(fleet.posted.length).toBeGreaterThan(0);
    expect(lost).toBeGreaterThan(0);
    expect(fleet.logged.filter((line) => line.includes('outcomes-not-noted'))).toHaveLength(lost);
  });
});
