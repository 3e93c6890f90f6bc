/** Batches that are slow, not taken, poisoned or unlucky. */
import { describe, expect, it } from 'vitest';
import { inShare } from '../../../shared/state/share.ts';
import { intervalMs, type LargeFleet, largeFleet } from './night.ts';

const all = ['c00', 'c01', 'c02', 'c03', 'c04', 'c05', 'c06', 'c07'];
const hang = (fleet: LargeFleet, cluster: string, on = true) =>
  fleet.simulation(cluster).apply({ kind: 'faults', node: `${cluster}-1`, faults: { hang: on } });
const sharesOf = async (fleet: LargeFleet) =>
  (await fleet.state.batches.list()).batches.map(({ value }) => value.share);

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
    // It was asked within two intervals, and is now: a batch that outlasts the interval once is no gap.
    expect(await fleet.tick(0)).toMatchObject({ complete: true, failed: [], batches: 2 });
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

  it('and ends behind a tick is told where the next tick does not come, and keeps the heartbeat away', async () => {
    const fleet = largeFleet();
    fleet.yaml = fleet.yaml.replace('probe: {', 'probe: {deadline: 1m, ');
    for (let n = 0; n < 3; n += 1) await fleet.round(Math.min(n, 1) * intervalMs);
    await fleet.tick();
    const worker = fleet.process({
      reads: fleet.main.reads,
      access: async (of, whole) => {
        if (of.name === 'c05') await fleet.clock.sleep(30_400);
        return fleet.main.access(of, whole);
      },
    });
    const runs = Promise.all(fleet.take().map((name) => fleet.run(name, worker)));
    await fleet.tick();
    await fleet.work(fleet.take());
    await fleet.passTime(runs);
    const beats = fleet.heartbeats.length;
    const { failed, complete } = await fleet.tick(2 * intervalMs - 400);
    expect(failed.map(({ cluster }) => cluster)).toEqual(['c03', 'c04', 'c05']);
    expect(complete).toBe(false);
    expect(fleet.heartbeats).toHaveLength(beats);
    await fleet.work(fleet.take());
    expect(await fleet.tick()).toMatchObject({ complete: true, failed: [] });
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
    const { failed, blind } = await fleet.tick();
    expect(failed).toHaveLength(8);
    expect(blind).toBe(true);
    expect(new Set(failed.map(({ why }) => why))).toEqual(
      new Set(['its batch could not run: TypeError: see the log']),
    );
    expect(await sharesOf(fleet)).toHaveLength(3);
    await fleet.work(fleet.take());
    expect(await fleet.tick()).toMatchObject({ complete: true });
  });
});
