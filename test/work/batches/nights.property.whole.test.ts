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
import { behind } from './workers.ts';

const never = new Promise<never>(() => undefined);
const stepMs = 500;
const nights = process.env.SEALWATCH_DEEP ? 2000 : 60;

/** A process that ends before or after its n-th call of a port. */
function mortal(process: WatchDeps, calls: number, before: boolean): { deps: WatchDeps; end: Promise<void> } {
  let count = 0;
  let dead = false;
  const { promise: end, resolve } = Promise.withResolvers<void>();
  const deps = aroundPorts(process, async (_call, run) => {
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

interface Night {
  fleet: LargeFleet;
  draw: (below: number) => number;
  late: Late[];
  /** Runs the batches; a timer's clock is always right. */
  worker: () => WatchDeps;
}

/** One interval: a tick, perhaps of a timer that dies, and its messages, each run by somebody some time or never. */
async function interval({ fleet, draw, late, worker }: Night): Promise<SweepResult | undefined> {
  const { deps, end } =
    draw(6) === 0 ? mortal(fleet.process(), 1 + draw(16), draw(2) === 0) : { deps: fleet.main, end: never };
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
      const deps = draw(6) === 0 ? mortal(worker(), 1 + draw(12), draw(2) === 0).deps : worker();
      fleet.run(name, deps).catch(() => undefined);
    }
    late.splice(0, late.length, ...late.filter(({ at }) => at > now));
    await fleet.clock.advance(stepMs);
  }
  return result;
}

/** One interval in which nothing goes wrong, though batches may outlast it. */
async function calmInterval({ fleet, worker }: Night): Promise<void> {
  await fleet.passTime(sweep(fleet.main));
  for (const name of fleet.take()) void fleet.run(name, worker());
  for (let passed = 0; passed < intervalMs; passed += stepMs) await fleet.clock.advance(stepMs);
}

/** When each cluster was last asked: its batch may have ended much later. */
function askedTimes(fleet: LargeFleet): Map<string, number> {
  const times = new Map<string, number>();
  fleet.onAsked = ({ node, at }) => times.set(node.replace('-1', ''), at);
  return times;
}

/** Ahead by these, ms; less than none is behind. */
const clocks = [0, 0, 0, 40_000, 120_000, -40_000];

it.each(Array.from({ length: nights }, (_, seed) => seed))('a night heals (seed %i)', async (seed) => {
  const draw = seeded(seed);
  const fleet = largeFleet({ clusters: 10 });
  fleet.yaml = fleet.yaml.replace('probe: {', 'probe: {deadline: 1m, ');
  const aheadMs = clocks[draw(clocks.length)] ?? 0;
  const slow = draw(3) === 0 ? `c0${draw(10)}` : undefined;
  const access: WatchDeps['access'] = async (of, whole) => {
    if (of.name === slow) await fleet.clock.sleep(40_000);
    return fleet.main.access(of, whole);
  };
  const others = [0, 1].map(() => behind(fleet.process({ access }), -aheadMs));
  const own = { ...fleet.main, access };
  const worker = () => [own, ...others][draw(3)] ?? own;
  const night: Night = { fleet, draw, late: [], worker };
  const asked = askedTimes(fleet);
  const startedAt = fleet.clock.now();
  const names = fleet.fleet.clusters.map(({ name }) => name);
  // What a claim says is as wrong as its worker's clock; and nodes are asked at the next step.
  const unseenMs = 2 * intervalMs + 1000 + stepMs + Math.max(0, aheadMs);
  // Before the first sweep nothing is known, and the status page says so.
  await fleet.round(0);
  await fleet.clock.advance(intervalMs);
  for (let n = 0; n < 14; n += 1) {
    const sealed = `c0${draw(10)}`;
    if (draw(5) === 0) fleet.simulation(sealed).apply({ kind: 'seal', node: `${sealed}-1` });
    const ticksAt = fleet.clock.now();
    const unseen = names.filter((name) => ticksAt - (asked.get(name) ?? startedAt) > unseenMs);
    const tick = await interval(night);
    const missed = new Set(tick?.failed.map(({ cluster }) => cluster));
    const pause = (await fleet.state.sweeps.last())?.gap?.to === ticksAt;
    if (tick && !pause) expect(unseen.filter((name) => !missed.has(name))).toEqual([]);
  }
  fleet.state.nudgedBatches.length = 0;
  // A pause stays told for ten minutes.
  for (let n = 0; n < 24; n += 1) await calmInterval(night);
  const last = await fleet.tick(0);
  // What takes longer than an interval is not watched in each: that is noted, and no alert fires.
  if (slow === undefined) expect(last).toMatchObject({ complete: true, failed: [] });
  expect(await fleet.outbox()).toEqual([]);
  const { partitions } = await fleet.state.live.scan();
  for (const [name, { head }] of partitions) {
    const unresolved = head?.value.alerts.filter(({ resolvedAt }) => resolvedAt === undefined) ?? [];
    const open = unresolved.filter(({ status }) => slow === undefined || status !== 'pending');
    const sealed = name !== 'fleet' && fleet.simulation(name).state.nodes.some((node) => node.sealed);
    const codes = open.map(({ finding }) => finding.code);
    expect(codes.includes('cluster-sealed'), name).toBe(sealed);
    if (!sealed) expect(codes, name).toEqual([]);
    if (sealed) expect(fleet.told()).toContain(`fired cluster-sealed ${name}`);
  }
});
