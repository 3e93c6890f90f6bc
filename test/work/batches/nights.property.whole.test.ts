/**
 * Nights of a large fleet in which messages come late, twice or never, and workers and timers die anywhere. Whatever
 * happens, no cluster goes unwatched for two intervals without a word, and calm afterwards heals everything.
 */
import { expect, it } from 'vitest';
import type { WatchDeps } from '../../../shared/work/deps.ts';
import type { SweepResult } from '../../../shared/work/record.ts';
import { sweep } from '../../../shared/work/sweep.ts';
import { seeded } from '../../fakes/seeded.ts';
import { aroundPorts } from '../around-ports.ts';
import { intervalMs, type LargeFleet, largeFleet } from './night.ts';

const never = new Promise<never>(() => undefined);
const stepMs = 500;
const nights = process.env.SEALWATCH_DEEP ? 2000 : 60;

/** A process that ends before or after its n-th call of a port. */
function mortal(fleet: LargeFleet, calls: number, before: boolean): { deps: WatchDeps; end: Promise<void> } {
  let count = 0;
  let dead = false;
  const { promise: end, resolve } = Promise.withResolvers<void>();
  const deps = aroundPorts(fleet.process(), async (_call, run) => {
    if (dead) return never;
    count += 1;
    if (count !== calls) {
      const result = await run();
      return dead ? never : result;
    }
    dead = before;
    if (!before) await run();
    dead = true;
    resolve();
    return never;
  });
  return { deps, end };
}

interface Late {
  name: string;
  at: number;
}

/** One interval: a tick, perhaps of a timer that dies, and its messages, each run by somebody some time or never. */
async function interval(
  fleet: LargeFleet,
  draw: (below: number) => number,
  late: Late[],
): Promise<SweepResult | undefined> {
  const { deps, end } =
    draw(6) === 0 ? mortal(fleet, 1 + draw(16), draw(2) === 0) : { deps: fleet.main, end: never };
  const ticked = sweep(deps).catch(() => undefined);
  const result = (await fleet.passTime(Promise.race([ticked, end]))) ?? undefined;
  for (const name of fleet.take()) {
    const copies = [1, 1, 1, 1, 2, 0][draw(6)] ?? 1;
    for (let copy = 0; copy < copies; copy += 1) {
      late.push({ name, at: fleet.clock.now() + (draw(5) === 0 ? draw(45_000) : draw(2000)) });
    }
  }
  for (let passed = 0; passed < intervalMs; passed += stepMs) {
    const now = fleet.clock.now();
    for (const { name } of late.filter(({ at }) => at <= now)) {
      const worker = draw(6) === 0 ? mortal(fleet, 1 + draw(12), draw(2) === 0).deps : fleet.main;
      fleet.run(name, worker).catch(() => undefined);
    }
    late.splice(0, late.length, ...late.filter(({ at }) => at > now));
    await fleet.clock.advance(stepMs);
  }
  return result;
}

/** When each cluster was last watched to the end: its observation was saved with its batch. */
function watchTimes(fleet: LargeFleet): Map<string, number> {
  const times = new Map<string, number>();
  const { batches } = fleet.state;
  const update = batches.update.bind(batches);
  batches.update = async (batch) => {
    const updated = await update(batch);
    const { result } = batch.value;
    if (result && updated !== 'gone' && updated !== 'conflict') {
      const failed = new Set(result.failed.map(({ cluster }) => cluster));
      const { share } = batch.value;
      for (const { name } of fleet.fleet.clusters) {
        const inside =
          'only' in share
            ? share.only.includes(name)
            : name >= share.from &&
              (share.to === undefined || name < share.to) &&
              !share.except.includes(name);
        if (inside && !failed.has(name)) times.set(name, fleet.clock.now());
      }
    }
    return updated;
  };
  return times;
}

it.each(Array.from({ length: nights }, (_, seed) => seed))('a night heals (seed %i)', async (seed) => {
  const draw = seeded(seed);
  const fleet = largeFleet({ clusters: 10 });
  const watched = watchTimes(fleet);
  const startedAt = fleet.clock.now();
  const names = fleet.fleet.clusters.map(({ name }) => name);
  const late: Late[] = [];
  // Before the first sweep nothing is known, and the status page says so.
  await fleet.round(0);
  await fleet.clock.advance(intervalMs);
  for (let n = 0; n < 14; n += 1) {
    const sealed = `c0${draw(10)}`;
    if (draw(5) === 0) fleet.simulation(sealed).apply({ kind: 'seal', node: `${sealed}-1` });
    const ticksAt = fleet.clock.now();
    const unseen = names.filter((name) => ticksAt - (watched.get(name) ?? startedAt) > 2 * intervalMs);
    const tick = await interval(fleet, draw, late);
    const missed = new Set(tick?.failed.map(({ cluster }) => cluster));
    const pause = (await fleet.state.sweeps.last())?.gap?.to === ticksAt;
    if (tick && !pause) expect(unseen.filter((name) => !missed.has(name))).toEqual([]);
  }
  fleet.state.nudgedBatches.length = 0;
  // A pause stays told for ten minutes.
  for (let n = 0; n < 24; n += 1) await fleet.round();
  expect(await fleet.tick()).toMatchObject({ complete: true, failed: [] });
  expect(await fleet.outbox()).toEqual([]);
  const { partitions } = await fleet.state.live.scan();
  for (const [name, { head }] of partitions) {
    const open = head?.value.alerts.filter(({ resolvedAt }) => resolvedAt === undefined) ?? [];
    const sealed = name !== 'fleet' && fleet.simulation(name).state.nodes.some((node) => node.sealed);
    const codes = open.map(({ finding }) => finding.code);
    expect(codes.includes('cluster-sealed'), name).toBe(sealed);
    if (!sealed) expect(codes, name).toEqual([]);
    if (sealed) expect(fleet.told()).toContain(`fired cluster-sealed ${name}`);
  }
});
