/** What people said, and what the recover app is to hear, in a fleet that is swept in batches. */
import { describe, expect, it } from 'vitest';
import { sweep } from '../../../shared/work/sweep.ts';
import { intervalMs, type LargeFleet, largeFleet } from './night.ts';
import { behind } from './workers.ts';

const minute = 60_000;
const automatic = `recovery: {policy: automatic}
escrow: {custodians: {a: {passphrase: "env:SECRET_A", shares: [1]}}}`;

const seal = (fleet: LargeFleet, cluster: string) =>
  fleet.simulation(cluster).apply({ kind: 'seal', node: `${cluster}-1` });
const heard = (fleet: LargeFleet, cluster: string) =>
  fleet.taken('chat').filter((message) => message.cluster === cluster);
const silence = (fleet: LargeFleet, cluster: string) => {
  const at = fleet.clock.now();
  fleet.state.quiets.push({ kind: 'silence', cluster, by: 'ada', at, until: at + 60 * minute });
};

/** The timer's own process runs the batches, or one that reads for itself. */
const workers = ['the timer', 'a worker'] as const;
const of = (fleet: LargeFleet, who: (typeof workers)[number]) =>
  who === 'the timer' ? fleet.main : fleet.process();

describe.each(workers)('a batch that %s runs', (who) => {
  it('tells with its messages that a hold stands', async () => {
    const fleet = largeFleet();
    const worker = of(fleet, who);
    await fleet.round(0, [worker]);
    const hold = {
      cluster: 'c04',
      by: 'ada',
      reason: 'a restore is under way',
      until: fleet.clock.now() + 10 * minute,
    };
    fleet.state.standingHolds.push(hold);
    seal(fleet, 'c04');
    seal(fleet, 'c05');
    for (let n = 0; n < 2; n += 1) await fleet.round(intervalMs, [worker]);
    expect(heard(fleet, 'c04').map((message) => message.hold)).toEqual([hold]);
    expect(heard(fleet, 'c05').map((message) => message.hold)).toEqual([undefined]);
  });

  it('is silent of a cluster that somebody silenced, and of no other', async () => {
    const fleet = largeFleet();
    const worker = of(fleet, who);
    await fleet.round(0, [worker]);
    silence(fleet, 'c04');
    seal(fleet, 'c04');
    seal(fleet, 'c05');
    for (let n = 0; n < 3; n += 1) await fleet.round(intervalMs, [worker]);
    expect(fleet.told()).toEqual(['fired cluster-sealed c05']);
    const { head } = await fleet.state.live.read('c04');
    expect(head?.value.alerts.map(({ key, status }) => `${key} ${status}`)).toContain(
      'cluster-sealed cluster silenced',
    );
  });
});

it('the timer is silent of the fleet, if somebody silenced that', async () => {
  const fleet = largeFleet();
  await fleet.round(0);
  silence(fleet, 'fleet');
  for (let n = 0; n < 4; n += 1) await fleet.tick();
  expect(fleet.posted).toEqual([]);
  const { head } = await fleet.state.live.read('fleet');
  expect(head?.value.alerts.map(({ key, status }) => `${key} ${status}`)).toEqual([
    'sweep-gap fleet silenced',
  ]);
});

describe('the recover app', () => {
  it('is nudged at first sight, then once a minute while an automatic cluster is down, and for no other', async () => {
    const fleet = largeFleet({ yaml: { c04: automatic } });
    const worker = fleet.process();
    for (let n = 0; n < 2; n += 1) await fleet.round(n * intervalMs, [worker]);
    seal(fleet, 'c04');
    seal(fleet, 'c05');
    const counts: number[] = [];
    for (let n = 0; n < 9; n += 1) {
      await fleet.round(intervalMs, [worker]);
      counts.push(fleet.state.nudged.filter(({ queue }) => queue === 'steps').length);
    }
    // Two sweeps a minute.
    expect(counts).toEqual([1, 1, 2, 2, 3, 3, 4, 4, 5]);
    expect(fleet.state.nudged.filter(({ queue }) => queue === 'steps')[4]).toEqual({
      queue: 'steps',
      cluster: 'c04',
      delayMs: 0,
    });
  });

  it.each([
    [400, 5],
    [0, 10],
    [4000, 10],
    [0, 15],
  ])(
    'is nudged each minute, too, where batches outlast the interval (begun after %i ms, of %i s)',
    async (begunMs, seconds) => {
      const fleet = largeFleet({ yaml: { c04: automatic } });
      const every = seconds * 1000;
      const own = fleet.process({ intervalMs: every });
      const { batches } = fleet.state;
      // Each batch ends an interval late: every other plan leaves it out.
      const update: typeof batches.update = async (row) => {
        if (row.value.result) await fleet.clock.sleep(every);
        return batches.update(row);
      };
      const worker = fleet.process({ state: { ...fleet.state, batches: { ...batches, update } } });
      const at: number[] = [];
      for (let n = 0; n < 220 / seconds; n += 1) {
        if (n === 4) seal(fleet, 'c04');
        await fleet.passTime(sweep(own));
        const names = fleet.take();
        await fleet.clock.advance(begunMs);
        for (const name of names) void fleet.run(name, worker);
        await fleet.clock.advance(every - begunMs);
        const nudged = fleet.state.nudged.filter(({ queue }) => queue === 'steps').length;
        while (at.length < nudged) at.push(fleet.clock.now());
      }
      const [first = 0] = at;
      expect(at.map((each) => Math.floor((each - first) / minute))).toEqual([0, 1, 2, 3].slice(0, at.length));
      expect(at.length).toBeGreaterThanOrEqual(3);
    },
  );

  it.each([
    [5, 40_000],
    [10, 20_000],
    [30, 40_000],
  ])(
    'is nudged twice a minute at most by a worker whose clock is ahead (every %i s, by %i ms)',
    async (seconds, ahead) => {
      const fleet = largeFleet({ yaml: { c04: automatic } });
      const timer = fleet.process({ intervalMs: seconds * 1000 });
      const worker = behind(fleet.process({ intervalMs: seconds * 1000 }), -ahead);
      const sweeps = (minutes: number) => (minutes * 60) / seconds;
      for (let n = 0; n < sweeps(11); n += 1) {
        if (n === sweeps(1)) seal(fleet, 'c04');
        await fleet.passTime(sweep(timer));
        await fleet.work(fleet.take(), [worker]);
        await fleet.clock.advance(seconds * 1000);
      }
      const nudged = fleet.state.nudged.filter(({ queue }) => queue === 'steps').length;
      expect(nudged).toBeGreaterThanOrEqual(9);
      expect(nudged).toBeLessThanOrEqual(22);
    },
  );
});
