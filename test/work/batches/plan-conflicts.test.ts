/** A plan that is made while workers still claim rows of the one before. */
import { describe, expect, it } from 'vitest';
import type { Batch, Stored } from '../../../shared/state/ports.ts';
import { inShare } from '../../../shared/state/share.ts';
import type { WatchDeps } from '../../../shared/work/deps.ts';
import { sweep } from '../../../shared/work/sweep.ts';
import { intervalMs, type LargeFleet, largeFleet } from './night.ts';
import { workerWith } from './workers.ts';

const all = ['c00', 'c01', 'c02', 'c03', 'c04', 'c05', 'c06', 'c07'];

async function calm(): Promise<LargeFleet> {
  const fleet = largeFleet();
  for (let n = 0; n < 3; n += 1) await fleet.round(Math.min(n, 1) * intervalMs);
  return fleet;
}

interface Interrupted {
  timer: WatchDeps;
  looks: () => number;
  /** Whether each plan was guarded by ETags. */
  guarded: boolean[];
}

/** A timer that others get in the way of, after each of its looks. */
function interrupted(fleet: LargeFleet, meanwhile: (look: number) => Promise<void>): Interrupted {
  let looks = 0;
  const guarded: boolean[] = [];
  const { batches } = fleet.state;
  const timer = fleet.process({
    state: {
      ...fleet.state,
      batches: {
        ...batches,
        look: async () => {
          const found = await batches.look();
          looks += 1;
          await meanwhile(looks);
          return found;
        },
        plan: (planned, gone, read) => {
          guarded.push(read !== undefined);
          return batches.plan(planned, gone, read);
        },
      },
    },
  });
  return { timer, looks: () => looks, guarded };
}

async function claimed(fleet: LargeFleet, { value, etag }: Stored<Batch>): Promise<Stored<Batch>> {
  const at = fleet.clock.now();
  const now = await fleet.state.batches.update({
    etag,
    value: { ...value, claim: { by: 'late', at, until: at + 95_000 } },
  });
  if (typeof now === 'string') throw new Error(now);
  return now;
}

describe('a row that a worker claims between look and plan', () => {
  it('stays its own: the plan is made again without its clusters, and nobody is watched twice', async () => {
    const fleet = await calm();
    await fleet.tick();
    const names = fleet.take();
    const from = fleet.asked.length;
    // The worker of these clusters, late: it claims rows while the next plan is made, and goes on.
    const { promise: mayGoOn, resolve: goOn } = Promise.withResolvers<void>();
    const late = fleet.process({
      reads: fleet.main.reads,
      access: async (cluster, whole) => {
        await mayGoOn;
        return fleet.main.access(cluster, whole);
      },
    });
    let run: Promise<void> | undefined;
    const { timer, looks, guarded } = interrupted(fleet, async (look) => {
      if (look === 1) run = fleet.run(names[0] ?? '', late);
      for (let n = 0; n < 5; n += 1) await new Promise((resolve) => setImmediate(resolve));
    });
    const result = await fleet.tick(intervalMs, timer);
    expect(looks()).toBe(2);
    expect(guarded).toEqual([true, true]);
    const rows = (await fleet.state.batches.list()).batches.map(({ value }) => value);
    const running = rows.filter(({ claim }) => claim);
    expect(running.length).toBeGreaterThan(0);
    const its = all.filter((name) => running.some(({ share }) => inShare(share)(name)));
    expect(result.failed.map(({ cluster }) => cluster)).toEqual(all.filter((name) => !its.includes(name)));
    const other = fleet.process();
    const others = Promise.all(fleet.take().map((name) => fleet.run(name, other)));
    goOn();
    await fleet.passTime(Promise.all([others, run]));
    expect(fleet.askedSince(from)).toEqual(Object.fromEntries(all.map((name) => [`${name}-1`, 1])));
    expect(await fleet.tick()).toMatchObject({ complete: true, failed: [] });
  });

  it('three times in turn does not keep the plan from being written, and its end comes too late', async () => {
    const fleet = await calm();
    await fleet.tick();
    fleet.take();
    const { batches } = await fleet.state.batches.list();
    const late: Stored<Batch>[] = [];
    const { timer, looks, guarded } = interrupted(fleet, async (look) => {
      const row = batches[look - 1];
      if (row) late.push(await claimed(fleet, row));
    });
    expect(await fleet.tick(intervalMs, timer)).toMatchObject({ batches: 1 });
    expect(looks()).toBe(3);
    expect(guarded).toEqual([true, true, false]);
    const rows = (await fleet.state.batches.list()).batches.map(({ value }) => value);
    // The last claim was not seen any more: that row is planned anew.
    expect(rows.map(({ claim }) => claim?.by)).toEqual(['late', 'late', undefined]);
    const [, , last] = late;
    if (!last) throw new Error('no third claim');
    expect(await fleet.state.batches.update(last)).toBe('conflict');
    expect(fleet.queue).toHaveLength(1);
  });

  it('is no conflict where nobody claims anything: one look, one plan, and that is guarded', async () => {
    const fleet = await calm();
    // Of no batch: it takes no guard away.
    fleet.state.unreadable.push({ partition: 'fleet', row: 'outbox-1', why: 'damaged: effect: wrong' });
    const { timer, looks, guarded } = interrupted(fleet, async () => undefined);
    expect(await fleet.tick(intervalMs, timer)).toMatchObject({ complete: true, batches: 3 });
    expect([looks(), guarded]).toEqual([1, [true]]);
  });
});

describe('a plan whose answer is lost', () => {
  /** What the sweep before found, and each cluster in the new one. */
  const expectAllTold = async (fleet: LargeFleet, timer: WatchDeps): Promise<void> => {
    await fleet.tick();
    const id = fleet.queue[0]?.split('.')[1];
    const away = fleet.process({
      reads: fleet.main.reads,
      access: (of, whole) =>
        of.name === 'c03' ? Promise.reject(new Error('away')) : fleet.main.access(of, whole),
    });
    await fleet.work(fleet.take(), [away]);
    const from = fleet.asked.length;
    const { failed, batches } = await fleet.tick(intervalMs, timer);
    expect(failed.map(({ cluster }) => cluster)).toEqual(['c03']);
    expect(await fleet.state.sweeps.last()).toMatchObject({ id, failed: [{ cluster: 'c03' }] });
    expect(fleet.queue).toHaveLength(batches ?? 0);
    await fleet.work(fleet.take());
    expect(fleet.askedSince(from)).toEqual(Object.fromEntries(all.map((name) => [`${name}-1`, 1])));
    const beats = fleet.heartbeats.length;
    expect(await fleet.tick()).toMatchObject({ complete: true, failed: [] });
    expect(fleet.heartbeats).toHaveLength(beats + 1);
  };

  it.each<[string, () => 'conflict']>([
    ['answered with a conflict of its own', () => 'conflict'],
    [
      'failed after it was written',
      () => {
        throw new Error('storage is unavailable');
      },
    ],
  ])(
    'is there, where the call %s: its messages go out, and what the sweep before found is told',
    async (_, answer) => {
      const fleet = await calm();
      const { batches } = fleet.state;
      let plans = 0;
      const timer = workerWith(fleet, {
        batches: {
          async plan(planned, gone, read) {
            plans += 1;
            await batches.plan(planned, gone, read);
            return answer();
          },
        },
      });
      await expectAllTold(fleet, timer);
      expect(plans).toBe(1);
    },
  );

  it('is none where the call failed and nothing was written: the run fails', async () => {
    const fleet = await calm();
    await fleet.tick();
    await fleet.work(fleet.take());
    const timer = workerWith(fleet, {
      batches: { plan: () => Promise.reject(new Error('storage is unavailable')) },
    });
    await expect(fleet.tick(intervalMs, timer)).rejects.toThrow('storage is unavailable');
    expect(fleet.queue).toEqual([]);
  });

  it.each([1, 2])(
    'or of which only a part was written, is made again from what was there before (%i tries)',
    async (tries) => {
      const fleet = await calm();
      const { batches } = fleet.state;
      const guarded: boolean[] = [];
      const timer = workerWith(fleet, {
        batches: {
          // As one of more rows than a transaction has.
          async plan(planned, gone, read) {
            guarded.push(read !== undefined);
            if (guarded.length > tries) return batches.plan(planned, gone, read);
            expect(await batches.plan(planned.slice(0, 2), [], read)).toBe('planned');
            return 'conflict';
          },
        },
      });
      await expectAllTold(fleet, timer);
      expect(guarded).toEqual([true, true, false].slice(0, tries + 1));
    },
  );

  it('and that has a row less than it should is made again without it', async () => {
    const fleet = await calm();
    await fleet.tick();
    await fleet.work(fleet.take());
    const { batches } = fleet.state;
    let plans = 0;
    const timer = workerWith(fleet, {
      batches: {
        async plan(planned, gone, read) {
          plans += 1;
          const written = await batches.plan(planned, plans === 1 ? [] : gone, read);
          return plans === 1 ? 'conflict' : written;
        },
      },
    });
    fleet.yaml = fleet.yaml.replace('clusters: 3}', 'clusters: 8}');
    expect(await fleet.tick(intervalMs, timer)).toMatchObject({ complete: true, batches: 1 });
    const rows = (await batches.list()).batches.map(({ value }) => value);
    expect([plans, rows.map(({ number }) => number)]).toEqual([2, [0]]);
    expect(fleet.queue).toEqual([`batch.${rows[0]?.sweep.id}.0`]);
  });

  it.each([0, 1, 5])(
    'is not written over by a timer that began %i ms before the one that planned',
    async (ms) => {
      const fleet = await calm();
      await fleet.tick();
      await fleet.work(fleet.take());
      await fleet.clock.advance(intervalMs);
      const { batches } = fleet.state;
      const slow = workerWith(fleet, {
        batches: {
          async look() {
            const found = await batches.look();
            await fleet.clock.sleep(50);
            return found;
          },
        },
      });
      const late = sweep(slow);
      await fleet.clock.advance(ms);
      const [second, first] = await fleet.passTime(Promise.all([late, sweep(fleet.process())]), 5);
      expect([second.batches, second.failed, first.batches]).toEqual([undefined, [], fleet.queue.length]);
      await fleet.work(fleet.take());
      expect(await fleet.tick()).toMatchObject({ complete: true, failed: [] });
    },
  );

  it("is no other timer's, and that of another timer is not ours", async () => {
    const fleet = await calm();
    const { timer } = interrupted(fleet, async (look) => {
      if (look === 1) await fleet.passTime(sweep(fleet.main));
    });
    await fleet.tick(intervalMs, timer);
    const [row] = (await fleet.state.batches.list()).batches;
    expect(new Set(fleet.queue.map((name) => name.split('.')[1]))).toEqual(new Set([row?.value.sweep.id]));
    expect(fleet.queue).toHaveLength(3);
    expect(fleet.logged.filter((line) => line.includes('"event":"sweep-too-early"'))).toHaveLength(1);
  });
});
