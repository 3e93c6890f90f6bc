/** The timer of a large fleet: ticks that come too early or late, by clocks that differ, and rows that nobody can use. */
import { describe, expect, it } from 'vitest';
import type { Batch } from '../../../shared/state/ports.ts';
import { inShare } from '../../../shared/state/share.ts';
import type { WatchDeps } from '../../../shared/work/deps.ts';
import { readStatus } from '../../../shared/work/status.ts';
import { aroundPorts } from '../around-ports.ts';
import { intervalMs, type LargeFleet, largeFleet } from './night.ts';

const all = ['c00', 'c01', 'c02', 'c03', 'c04', 'c05', 'c06', 'c07'];
const each = (times: number) => Object.fromEntries(all.map((name) => [`${name}-1`, times]));
const tenYearsMs = 10 * 365 * 86_400_000;

const rowsOf = async (fleet: LargeFleet) =>
  (await fleet.state.batches.list()).batches.map(({ value }) => value);
const within = ({ share }: Batch) => all.filter(inShare(share));
const logs = (fleet: LargeFleet, event: string) =>
  fleet.logged.filter((line) => line.includes(`"event":"${event}"`));

/** Three sweeps that went well. */
async function calm(clusters = 8): Promise<LargeFleet> {
  const fleet = largeFleet({ clusters });
  for (let n = 0; n < 3; n += 1) await fleet.round(Math.min(n, 1) * intervalMs);
  return fleet;
}

function skewed(fleet: LargeFleet, byMs: number): WatchDeps {
  const { clock } = fleet;
  return fleet.process({
    clock: {
      now: () => clock.now() + byMs,
      elapsed: () => clock.elapsed(),
      sleep: (ms, signal) => clock.sleep(ms, signal),
      after: (ms, callback) => clock.after(ms, callback),
    },
  });
}

describe('a tick', () => {
  it.each([5000, 14_999])('%i ms after a plan changes nothing, and says what is on record', async (ms) => {
    const fleet = await calm();
    await fleet.tick();
    const before = { rows: await rowsOf(fleet), last: await fleet.state.sweeps.last(), queue: fleet.queue };
    const result = await fleet.tick(ms);
    expect(result).toMatchObject({ id: before.rows[0]?.sweep.id, complete: true, failed: [], clusters: 8 });
    expect(result).not.toHaveProperty('batches');
    const after = { rows: await rowsOf(fleet), last: await fleet.state.sweeps.last(), queue: fleet.queue };
    expect(after).toEqual(before);
    expect(fleet.posted).toEqual([]);
    expect(logs(fleet, 'sweep-too-early')).toHaveLength(1);
  });

  it.each([15_000, 16_000])('%i ms after a plan makes the next one', async (ms) => {
    const fleet = await calm();
    await fleet.round();
    expect(await fleet.tick(ms)).toMatchObject({ complete: true, batches: 3 });
  });

  it('200 ms late does not tell of a batch that takes a second more than an interval', async () => {
    const fleet = await calm(9);
    await fleet.tick();
    const slow = aroundPorts(fleet.main, (call, run) =>
      call.name === 'live.scan' ? fleet.clock.sleep(31_000).then(run) : run(),
    );
    const runs = Promise.all(fleet.take().map((name) => fleet.run(name, slow)));
    await fleet.clock.advance(0);
    expect(await fleet.tick(intervalMs + 200)).toMatchObject({ complete: false, failed: [] });
    await fleet.passTime(runs);
    expect(await fleet.tick()).toMatchObject({ failed: [] });
    expect(fleet.posted).toEqual([]);
  });

  it('by a clock that is a minute behind plans and watches all the same', async () => {
    const fleet = await calm();
    const behind = skewed(fleet, -60_000);
    const from = fleet.asked.length;
    for (let n = 0; n < 4; n += 1) {
      expect(await fleet.tick(intervalMs, behind)).toMatchObject({ batches: 3, failed: [], complete: true });
      await fleet.work(fleet.take());
    }
    expect(fleet.askedSince(from)).toEqual(each(4));
    expect(fleet.posted).toEqual([]);
  });
});

describe('workers whose clocks are wrong', () => {
  const watched = async (aheadMs: number) => {
    const fleet = await calm();
    for (let n = 0; n < 5; n += 1) await fleet.round(intervalMs, [skewed(fleet, aheadMs)]);
    return fleet;
  };

  it('hide no pause: the status page and the next sweep tell it', async () => {
    const fleet = await watched(300_000);
    await fleet.clock.advance(270_000);
    expect((await readStatus(fleet.main)).watching).toBe('stale');
    await fleet.tick(0);
    expect((await fleet.state.sweeps.last())?.gap).toBeDefined();
  });

  it('are no pause while there is none', async () => {
    for (const aheadMs of [-180_000, 300_000]) {
      const fleet = await watched(aheadMs);
      const { watching, lastSweep } = await readStatus(fleet.main);
      expect(watching).toBe('yes');
      expect(lastSweep?.seconds).toBeGreaterThanOrEqual(0);
      expect(lastSweep?.seconds).toBeLessThanOrEqual(intervalMs / 1000);
      expect(fleet.posted).toEqual([]);
    }
  });
});

describe('rows of a time to come', () => {
  const toCome = ({ sweep, ...batch }: Batch, now: number): Batch => ({
    ...batch,
    sweep: { ...sweep, startedAt: now + tenYearsMs },
  });

  it('are told where nothing else is known of their clusters, and gone after one tick', async () => {
    const fleet = await calm();
    const beats = fleet.heartbeats.length;
    for (let n = 0; n < 2; n += 1) {
      const now = fleet.clock.now();
      await fleet.state.batches.plan(
        (await rowsOf(fleet)).map((row) => toCome(row, now)),
        [],
      );
      const { failed, batches } = await fleet.tick();
      expect(batches).toBe(3);
      expect(failed.map(({ cluster }) => cluster)).toEqual(all);
    }
    await fleet.work(fleet.take());
    expect(fleet.told()).toEqual(all.map((name) => `fired sweep-gap ${name}`));
    expect(fleet.heartbeats).toHaveLength(beats);
    expect(await fleet.round()).toMatchObject({ complete: true, failed: [] });
    expect(fleet.told().slice(8)).toEqual(all.map((name) => `resolved sweep-gap ${name}`));
    expect(fleet.heartbeats).toHaveLength(beats + 1);
  });

  it('stop no plan and say nothing while other rows have their clusters', async () => {
    const fleet = await calm();
    const [row] = await rowsOf(fleet);
    if (row) await fleet.state.batches.plan([{ ...toCome(row, fleet.clock.now()), number: 77 }], []);
    for (let n = 0; n < 3; n += 1) {
      expect(await fleet.round()).toMatchObject({ complete: true, batches: 3 });
      expect((await rowsOf(fleet)).map(({ number }) => number)).toEqual([0, 1, 2]);
    }
    expect(fleet.posted).toEqual([]);
  });
});

describe('a row that cannot be read', () => {
  it('is told by the names of its clusters, which the next plan has again', async () => {
    const fleet = await calm();
    const lost = within((await rowsOf(fleet))[1] as Batch);
    const beats = fleet.heartbeats.length;
    fleet.state.batches.damage(1, 'damaged: share: wrong');
    const calls: string[] = [];
    const timer = aroundPorts(fleet.main, (call, run) => {
      calls.push(call.name);
      return run();
    });
    const { failed, complete } = await fleet.tick(intervalMs, timer);
    expect(complete).toBe(false);
    expect(failed).toEqual(lost.map((cluster) => ({ cluster, why: 'the row of its batch cannot be read' })));
    // It has no ETag that a guard could go by: not worth three tries.
    expect(calls.filter((name) => name === 'batches.plan')).toHaveLength(1);
    expect(logs(fleet, 'row-unreadable').at(-1)).toContain('batch-00001');
    expect(fleet.heartbeats).toHaveLength(beats);
    const { batches, unreadable } = await fleet.state.batches.list();
    expect(batches.map(({ value }) => value.number)).toEqual([0, 1, 2]);
    expect(unreadable).toEqual([]);
    // Once more, and it is an alert.
    await fleet.work(fleet.take());
    fleet.state.batches.damage(1, 'damaged: share: wrong');
    await fleet.tick();
    expect(fleet.told()).toEqual(lost.map((name) => `fired sweep-gap ${name}`));
    await fleet.work(fleet.take());
    expect(await fleet.round()).toMatchObject({ complete: true });
  });

  it('and that no plan needs is removed without a word', async () => {
    const fleet = await calm();
    fleet.state.batches.damage(77, 'written by a newer Sealwatch');
    expect(await fleet.round()).toMatchObject({ complete: true, failed: [] });
    expect((await fleet.state.batches.list()).unreadable).toEqual([]);
    expect(fleet.posted).toEqual([]);
  });
});

describe('a plan', () => {
  it('that has become smaller leaves no row of the one before', async () => {
    const fleet = await calm();
    fleet.yaml = fleet.yaml.replace('clusters: 3}', 'clusters: 8}');
    expect(await fleet.tick()).toMatchObject({ batches: 1, complete: true });
    expect((await rowsOf(fleet)).map(({ number }) => number)).toEqual([0]);
    await fleet.work(fleet.take());
    expect(await fleet.tick()).toMatchObject({ complete: true });
  });

  it('is stored before anybody is told to work on it', async () => {
    const fleet = await calm();
    const stored: boolean[] = [];
    const { nudges } = fleet.state;
    const batch: typeof nudges.batch = async (name, lifetimeMs) => {
      const rows = await rowsOf(fleet);
      stored.push(rows.some(({ number, sweep }) => name === `batch.${sweep.id}.${number}`));
      await nudges.batch(name, lifetimeMs);
    };
    await fleet.tick(intervalMs, fleet.process({ state: { ...fleet.state, nudges: { ...nudges, batch } } }));
    expect(stored).toEqual([true, true, true]);
  });
});

describe('a fleet that was small for a while', () => {
  const resized = (fleet: LargeFleet, from: number) => {
    fleet.yaml = fleet.yaml.replace(/from: \d+,/, `from: ${from},`);
  };

  it('does not hear again what its last batches said before', async () => {
    const fleet = await calm();
    await fleet.tick();
    const away = fleet.process({ access: () => Promise.reject(new Error('away')) });
    await fleet.work(fleet.take(), [away]);
    resized(fleet, 100);
    expect(await fleet.tick()).toMatchObject({ complete: true });
    const last = await fleet.state.sweeps.last();
    resized(fleet, 3);
    expect(await fleet.tick()).toMatchObject({ failed: [], batches: 3 });
    expect(await fleet.state.sweeps.last()).toEqual(last);
    await fleet.work(fleet.take());
    expect(await fleet.tick()).toMatchObject({ complete: true });
    expect(fleet.posted).toEqual([]);
  });

  it.each([121_000, 600_000])(
    'by a clock that is %i ms ahead is watched, and told, before that time has come',
    async (ahead) => {
      const fleet = await calm();
      resized(fleet, 100);
      await fleet.tick(intervalMs, skewed(fleet, ahead));
      resized(fleet, 3);
      await fleet.tick();
      fleet.take();
      const result = await fleet.tick();
      expect(result.failed.map(({ cluster }) => cluster)).toEqual(all);
      expect((await fleet.state.sweeps.last())?.startedAt).toBe(fleet.clock.now() - intervalMs);
      await fleet.tick();
      expect(fleet.told()).toEqual(['fired sweep-gap fleet']);
      await fleet.work(fleet.take());
      expect(await fleet.tick()).toMatchObject({ complete: true, failed: [] });
    },
  );

  it('still leaves alone what a worker of that time works on', async () => {
    const fleet = await calm();
    await fleet.tick();
    const [row] = (await fleet.state.batches.list()).batches;
    if (!row) throw new Error('no row');
    const now = fleet.clock.now();
    const running: Batch = { ...row.value, claim: { by: 'w', at: now, until: now + 95_000 } };
    await fleet.state.batches.update({ ...row, value: running });
    fleet.take();
    resized(fleet, 100);
    await fleet.tick();
    resized(fleet, 3);
    expect(await fleet.tick()).toMatchObject({ batches: 2 });
    expect((await rowsOf(fleet)).find(({ claim }) => claim)).toEqual(running);
    const planned = (await rowsOf(fleet)).filter(({ claim }) => !claim).flatMap(within);
    expect(planned.toSorted()).toEqual(all.filter((name) => !within(running).includes(name)));
  });
});
