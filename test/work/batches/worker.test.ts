/** What a worker does with storage that fails now and then, and with batches that others may have. */
import { describe, expect, it } from 'vitest';
import type { Batch } from '../../../shared/state/ports.ts';
import { inShare } from '../../../shared/state/share.ts';
import type { WatchDeps } from '../../../shared/work/deps.ts';
import type { SweepResult } from '../../../shared/work/record.ts';
import { aroundPorts, type PortCall } from '../around-ports.ts';
import { intervalMs, type LargeFleet, largeFleet } from './night.ts';
import { behind, never, rowsOf, settleIn, updatingOnly, workerWith } from './workers.ts';

const all = ['c00', 'c01', 'c02', 'c03', 'c04', 'c05', 'c06', 'c07'];
const each = (times: number) => Object.fromEntries(all.map((name) => [`${name}-1`, times]));
const numbered = (number: number) => (batch: Batch) => batch.number === number;
const namesIn = async (fleet: LargeFleet, number: number) => {
  const row = (await rowsOf(fleet)).find(numbered(number));
  return all.filter((name) => row && inShare(row.share)(name));
};
const events = (fleet: LargeFleet, from = 0) =>
  fleet.logged.slice(from).map((line) => (JSON.parse(line) as { event: string }).event);
const troubles = (fleet: LargeFleet) => fleet.logged.filter((line) => /"level":"(warn|error)"/.test(line));
/** Counts calls of a port, and may fail some. */
function counted(deps: WatchDeps, port: string, fails: (nth: number) => boolean = () => false) {
  const calls: PortCall[] = [];
  const worker = aroundPorts(deps, (call, run) => {
    if (call.name !== port) return run();
    calls.push(call);
    return fails(calls.length) ? Promise.reject(new Error('throttled')) : run();
  });
  return { worker, calls };
}

describe('the plan', () => {
  it('is read again where the first read fails', async () => {
    const fleet = largeFleet();
    await fleet.tick(0);
    const { worker } = counted(fleet.process(), 'batches.list', (nth) => nth === 1);
    await fleet.work(fleet.take().slice(0, 1), [worker]);
    expect(Object.keys(fleet.askedSince(0))).toHaveLength(3);
  });

  it('is looked at again twice while nobody comes, for all messages that wait for others', async () => {
    const fleet = largeFleet();
    await fleet.round(0);
    await fleet.tick();
    const { worker, calls } = counted(fleet.process(), 'batches.list');
    await fleet.work(fleet.take(), [worker]);
    expect(calls).toHaveLength(3);
    expect(fleet.askedSince(8)).toEqual(each(1));
  });

  it('is looked at again as soon as others were woken: where each came for its own, nobody waits longer', async () => {
    const fleet = largeFleet();
    const home = fleet.process();
    await fleet.round(0, [home]);
    await fleet.tick();
    const { worker, calls } = counted(fleet.process(), 'batches.list');
    const [first = '', ...others] = fleet.take();
    const from = fleet.clock.now();
    const ended: number[] = [];
    const waiting = others.map(async (name) => {
      await fleet.run(name, worker);
      ended.push(fleet.clock.now() - from);
    });
    await fleet.passTime(Promise.all([...waiting, fleet.run(first, home)]));
    expect(ended).toEqual(others.map(() => 3000));
    expect(calls).toHaveLength(2);
    expect(fleet.askedSince(8)).toEqual(each(1));
  });

  it('is looked at again before anything is taken, so that nothing of others is asked for', async () => {
    const fleet = largeFleet();
    // One for each: nobody has too many.
    const homes = [fleet.process(), fleet.process(), fleet.process()];
    await fleet.round(0, homes);
    await fleet.tick();
    const { worker, calls } = counted(fleet.process(), 'batches.update');
    const names = fleet.take();
    const late = names.map((name) => fleet.run(name, worker));
    const own = names.map((name, n) => fleet.run(name, homes[n]));
    await fleet.passTime(Promise.all([...late, ...own]));
    expect(fleet.askedSince(8)).toEqual(each(1));
    expect(calls).toEqual([]);
  });

  it('that cannot be looked at again harms nothing, and is by the next look and message', async () => {
    const fleet = largeFleet();
    await fleet.round(0);
    await fleet.tick();
    const { worker, calls } = counted(fleet.process(), 'batches.list', (nth) => nth === 2);
    const [first = '', second = ''] = fleet.take();
    await fleet.work([first], [worker]);
    expect(Object.keys(fleet.askedSince(8))).toHaveLength(3);
    expect(events(fleet)).toContain('batches-not-read');
    await fleet.work([second], [worker]);
    expect(calls).toHaveLength(4);
    expect(Object.keys(fleet.askedSince(8))).toHaveLength(6);
  });
});

describe('a claim', () => {
  it.each([
    [90, 'its batch is still running'],
    [100, 'its batch began and never ended: its worker died or hung'],
  ])('that is %d s old: %s', async (seconds, why) => {
    const fleet = largeFleet();
    await fleet.tick(0);
    const [message = '', ...others] = fleet.take();
    void fleet.run(message, workerWith(fleet, { live: { scan: never } }));
    await fleet.work(others);
    const { failed } = await fleet.tick(seconds * 1000);
    expect(new Set(failed.map((one) => one.why))).toEqual(new Set([why]));
  });

  it('is by the later of two clocks: no worker is dead that begins behind its time', async () => {
    const fleet = largeFleet();
    await fleet.tick(0);
    const worker = behind(workerWith(fleet, { live: { scan: never } }), 60_000);
    void fleet.run(fleet.take()[0] ?? '', worker);
    expect((await fleet.tick(60_000)).failed.map(({ why }) => why)).toContain('its batch is still running');
  });

  it('by a clock that is ahead holds what outlasts the interval: nobody else runs it, and its end counts', async () => {
    const night = async (aheadMs: number) => {
      const fleet = largeFleet();
      fleet.yaml = fleet.yaml.replace('probe: {', 'probe: {deadline: 1m, ');
      const real = fleet.process();
      const access: typeof real.access = async (of, whole) => {
        if (of.name === 'c01') await fleet.clock.sleep(40_000);
        return real.access(of, whole);
      };
      const worker = behind({ ...real, access }, -aheadMs);
      const failed: SweepResult['failed'][] = [];
      for (let n = 0; n < 12; n += 1) {
        failed.push((await fleet.tick(0)).failed);
        for (const name of fleet.take()) void fleet.run(name, worker);
        await fleet.clock.advance(intervalMs);
      }
      expect(fleet.told()).toEqual([]);
      expect(events(fleet)).not.toContain('batch-ended-late');
      return { failed, asked: fleet.askedSince(0) };
    };
    const byRight = await night(0);
    expect(byRight.asked).toMatchObject({ 'c01-1': 6, 'c07-1': 12 });
    for (const aheadMs of [61_000, 120_000, 3_600_000]) expect(await night(aheadMs)).toEqual(byRight);
  });

  it('of a batch that is gone is no error, and nothing is watched', async () => {
    const fleet = largeFleet();
    await fleet.tick(0);
    const worker = workerWith(fleet, { batches: { update: async () => 'gone' } });
    await fleet.work(fleet.take(), [worker]);
    expect(fleet.asked).toEqual([]);
    expect(troubles(fleet)).toEqual([]);
    expect(events(fleet)).toContain('batch-outdated');
  });

  it('whose answer was lost is known by its row: the batch is run, once', async () => {
    const fleet = largeFleet();
    await fleet.tick(0);
    const lossy = workerWith(fleet, {
      batches: {
        async update(batch) {
          const answer = await fleet.state.batches.update(batch);
          return batch.value.result ? answer : 'conflict';
        },
      },
    });
    const names = fleet.take();
    await fleet.work([...names, ...names], [lossy, fleet.process()]);
    expect(fleet.askedSince(0)).toEqual(each(1));
    expect(await fleet.tick()).toMatchObject({ complete: true });
  });

  it('that is refused is not taken for its own where another worker has the row', async () => {
    const fleet = largeFleet();
    await fleet.tick(0);
    const other = fleet.process();
    const late = workerWith(fleet, {
      batches: {
        async update(batch) {
          if (!batch.value.result)
            await fleet.run(`batch.${batch.value.sweep.id}.${batch.value.number}`, other);
          return fleet.state.batches.update(batch);
        },
      },
    });
    await fleet.work(fleet.take(), [late]);
    expect(fleet.askedSince(0)).toEqual(each(1));
    expect(events(fleet)).toContain('batch-taken');
  });
});

describe('a claim that fails', () => {
  const failing = async (fleet: LargeFleet, times: number) => {
    await fleet.round(0);
    await fleet.tick();
    let left = times;
    const worker = workerWith(fleet, {
      batches: updatingOnly(fleet, numbered(0), async (batch) => {
        if (batch.value.claim?.by === worker.reads.worker && !batch.value.result && left > 0) {
          left -= 1;
          throw new Error('throttled');
        }
        return fleet.state.batches.update(batch);
      }),
    });
    await settleIn(fleet, worker, numbered(0));
    return worker;
  };
  const messageOf = (names: string[], number: number) =>
    names.find((name) => name.endsWith(`.${number}`)) ?? '';

  it('keeps neither the batch of the message from its run nor others, and its row can be taken', async () => {
    const fleet = largeFleet();
    const worker = await failing(fleet, Infinity);
    const names = fleet.take();
    const its = await namesIn(fleet, 0);
    const ends = await fleet.passTime(Promise.allSettled(names.map((name) => fleet.run(name, worker))));
    expect(ends.map(({ status }) => status)).toContain('rejected');
    const asked = fleet.askedSince(8);
    expect(Object.keys(asked).sort()).toEqual(
      all.filter((name) => !its.includes(name)).map((name) => `${name}-1`),
    );
    await fleet.work([messageOf(names, 0)], [fleet.process()]);
    expect(fleet.askedSince(8)).toEqual(each(1));
  });

  it('is made again by the same worker, with the next message', async () => {
    const fleet = largeFleet();
    const worker = await failing(fleet, 1);
    const names = fleet.take();
    await expect(fleet.passTime(fleet.run(messageOf(names, 1), worker))).rejects.toThrow('throttled');
    expect(Object.keys(fleet.askedSince(8)).sort()).toEqual(
      (await namesIn(fleet, 1)).map((name) => `${name}-1`),
    );
    await fleet.work([messageOf(names, 2)], [worker]);
    expect(fleet.askedSince(8)).toEqual(each(1));
  });
});

describe('a worker', () => {
  it('runs the batch that its message names, however slow its own are', async () => {
    const fleet = largeFleet();
    await fleet.round(0);
    await fleet.tick();
    const own = await namesIn(fleet, 0);
    const healthy = fleet.process();
    const worker = fleet.process({
      access: (cluster, loaded) => (own.includes(cluster.name) ? never() : healthy.access(cluster, loaded)),
    });
    await settleIn(fleet, worker, numbered(0));
    void fleet.run(fleet.take().find((name) => name.endsWith('.1')) ?? '', worker);
    await fleet.clock.advance(6000);
    await fleet.clock.advance(0);
    expect(Object.keys(fleet.askedSince(8)).sort()).toEqual(
      (await namesIn(fleet, 1)).map((name) => `${name}-1`),
    );
  });

  it('that is behind its time waits no longer for others than any does', async () => {
    const fleet = largeFleet();
    await fleet.round(0);
    await fleet.tick();
    const from = fleet.clock.now();
    await fleet.work(fleet.take(), [behind(fleet.process(), 60_000)]);
    expect(fleet.askedSince(8)).toEqual(each(1));
    expect(fleet.clock.now() - from).toBeLessThan(6000);
  });
});
