/** Workers whose storage, secrets or clocks are not as they should be. */
import type { Batch, Batches, Live, Stored } from '../../../shared/state/ports.ts';
import type { WatchDeps } from '../../../shared/work/deps.ts';
import type { LargeFleet } from './night.ts';

/** A new process; its batches' rows or its partitions behave as given. */
export function workerWith(
  fleet: LargeFleet,
  { batches = {}, live = {} }: { batches?: Partial<Batches>; live?: Partial<Live> },
): WatchDeps {
  const { state } = fleet;
  return fleet.process({
    state: { ...state, batches: { ...state.batches, ...batches }, live: { ...state.live, ...live } },
  });
}

/** The same process; its clock is behind by that, ms; ahead where that is less than none. */
export function behind(deps: WatchDeps, ms: number): WatchDeps {
  const { clock } = deps;
  return {
    ...deps,
    clock: {
      now: () => clock.now() - ms,
      elapsed: () => clock.elapsed(),
      sleep: (forMs, signal) => clock.sleep(forMs, signal),
      after: (forMs, callback) => clock.after(forMs, callback),
    },
  };
}

export const never = () => new Promise<never>(() => undefined);

export async function rowsOf({ state }: LargeFleet): Promise<Batch[]> {
  return (await state.batches.list()).batches.map(({ value }) => value);
}

/** Gives rows of the plan a home. */
export async function settleIn(
  { state }: LargeFleet,
  { reads }: WatchDeps,
  isIts: (batch: Batch) => boolean,
): Promise<void> {
  const { batches } = await state.batches.list();
  const its = batches.filter(({ value }) => isIts(value));
  for (const { value, etag } of its)
    await state.batches.update({ value: { ...value, home: reads.worker }, etag });
}

/** What `run` says of one batch, and what storage says of all others. */
export const updatingOnly = (
  { state }: LargeFleet,
  isIt: (batch: Batch) => boolean,
  run: (batch: Stored<Batch>) => ReturnType<Batches['update']>,
): Partial<Batches> => ({
  update: (batch) => (isIt(batch.value) ? run(batch) : state.batches.update(batch)),
});

/** Batches of each worker in the last sweep, and how many of those it did not have before. */
export async function sweptBy(
  fleet: LargeFleet,
  workers: WatchDeps[],
): Promise<{ parts: number[]; moved: number }> {
  const rows = await rowsOf(fleet);
  const parts = workers.map(({ reads }) => rows.filter(({ claim }) => claim?.by === reads.worker).length);
  return { parts, moved: rows.filter(({ home, claim }) => home !== claim?.by).length };
}
