/** The next plan from the last one: in which order it goes to the queue, and since when its clusters were not watched. */
import { describe, expect, it } from 'vitest';
import type { Batch } from '../../../shared/state/ports.ts';
import { inShare } from '../../../shared/state/share.ts';
import { planned } from '../../../shared/work/batches/plan.ts';
import type { BatchState } from '../../../shared/work/batches/state-of.ts';
import { intervalMs, type LargeFleet, largeFleet } from './night.ts';

const names = Array.from({ length: 15 }, (_, n) => `c${String(n).padStart(2, '0')}`);
const { fleet: settings } = largeFleet({ clusters: 15 });
const at = 1_000_000;
const sweepOf = (turn: number): Batch['sweep'] => ({
  id: `s${turn}`,
  startedAt: at + turn * intervalMs,
  turn,
});
/** Five batches of three clusters. */
const shares = [0, 3, 6, 9, 12].map((from) => ({
  from: from === 0 ? '' : (names[from] ?? ''),
  ...(from < 12 && { to: names[from + 3] ?? '' }),
  except: [],
}));
const past = (died?: number) =>
  shares.map((share, number): { batch: Batch; state: BatchState } => ({
    batch: { number, share, sweep: sweepOf(0) },
    state: number === died ? 'died' : 'untaken',
  }));
const clustersOf = (batches: Batch[]) => batches.map(({ share }) => names.filter(inShare(share)));

describe('the order of a plan on the queue', () => {
  it('begins elsewhere in each sweep, so that it is not always the same clusters that wait', () => {
    const first = Array.from({ length: 5 }, (_, turn) =>
      clustersOf(planned(past(), sweepOf(turn + 1), names, settings))[0]?.join(),
    );
    expect(new Set(first).size).toBeGreaterThanOrEqual(4);
  });

  it.each([1, 2, 3, 4, 5])('has what may take its worker with it last (turn %i)', (turn) => {
    const order = clustersOf(planned(past(1), sweepOf(turn), names, settings));
    expect(order.slice(-2).flat().toSorted()).toEqual(['c03', 'c04', 'c05']);
    expect(order.flat().toSorted()).toEqual(names);
  });

  it('changes no number: those are by name', () => {
    for (const turn of [1, 2, 3]) {
      const batches = planned(past(), sweepOf(turn), names, settings).toSorted((a, b) => a.number - b.number);
      expect(batches.map(({ number }) => number)).toEqual([0, 1, 2, 3, 4]);
      expect(clustersOf(batches).flat()).toEqual(names);
    }
  });
});

describe('since when a cluster was not watched', () => {
  const seenAtOf = async (fleet: LargeFleet, cluster: string) => {
    const { batches } = await fleet.state.batches.list();
    return batches.find(({ value }) => inShare(value.share)(cluster))?.value.seenAt;
  };

  it('is when its batch began, if it was; and as before, if it failed or nobody took its batch', async () => {
    const fleet = largeFleet();
    const began = fleet.clock.now();
    await fleet.tick(0);
    await fleet.clock.advance(1000);
    await fleet.work(fleet.take());
    await fleet.tick(intervalMs - 1000);
    expect(await seenAtOf(fleet, 'c01')).toBe(began + 1000);
    await fleet.clock.advance(3000);
    const away = fleet.process({
      reads: fleet.main.reads,
      access: (of, whole) =>
        of.name === 'c01' ? Promise.reject(new Error('away')) : fleet.main.access(of, whole),
    });
    await fleet.work(fleet.take(), [away]);
    await fleet.tick(intervalMs - 3000);
    const watchedAt = began + intervalMs + 3000;
    expect([await seenAtOf(fleet, 'c01'), await seenAtOf(fleet, 'c04')]).toEqual([began + 1000, watchedAt]);
    // Nobody takes these.
    await fleet.tick();
    expect([await seenAtOf(fleet, 'c01'), await seenAtOf(fleet, 'c04')]).toEqual([began + 1000, watchedAt]);
    await fleet.work(fleet.take());
    const now = fleet.clock.now();
    await fleet.tick();
    expect(await seenAtOf(fleet, 'c01')).toBeGreaterThanOrEqual(now - intervalMs);
  });

  it('is, for those that come together, when the one that waits for the longest was watched', () => {
    const watched = { finishedAt: at, clusters: 3, nodes: 3, prompt: { ms: 5, clusters: 3 } };
    const result = { ...watched, failed: [], slow: [], owed: [], unreadable: [] };
    const done = past().map(({ batch }): { batch: Batch; state: BatchState } => {
      const claimed = at + 5000 + 1000 * batch.number;
      const claim = { by: 'w', at: claimed, until: claimed + 95_000 };
      return { batch: { ...batch, claim, result }, state: 'done' };
    });
    const { fleet: larger } = largeFleet({ clusters: 15, batches: 'from: 3, clusters: 15' });
    expect(planned(done, sweepOf(1), names, larger).map(({ seenAt }) => seenAt)).toEqual([at + 5000]);
  });

  it('is the time of the plan for one that is new', () => {
    const plan = planned([], sweepOf(3), names, settings);
    expect(new Set(plan.map(({ seenAt }) => seenAt))).toEqual(new Set([at + 3 * intervalMs]));
  });
});
