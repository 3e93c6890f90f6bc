/**
 * Nights of a large fleet in which clusters leave fleet.yaml and come back, nodes fall silent, messages come late, twice or
 * never, and answers of storage are lost. Calm afterwards finds each cluster once a sweep, and no alert of those that left.
 */
import { expect, it } from 'vitest';
import { inShare } from '../../../shared/state/share.ts';
import type { WatchDeps } from '../../../shared/work/deps.ts';
import { sweep } from '../../../shared/work/sweep.ts';
import { seeded } from '../../fakes/seeded.ts';
import { intervalMs, type LargeFleet, largeFleet } from './night.ts';
import { rowsOf } from './workers.ts';

const nights = process.env.SEALWATCH_DEEP ? 2000 : 40;
const stepMs = 500;
const count = 16;

type Draw = (below: number) => number;

/** Slow at times. What it changes is there, now and then in part, and it hears of a conflict. */
function losing(fleet: LargeFleet, draw: Draw): WatchDeps {
  const { batches } = fleet.state;
  const own = fleet.process();
  const access: WatchDeps['access'] = async (cluster, whole) => {
    if (draw(4) === 0) await fleet.clock.sleep(draw(3000));
    return own.access(cluster, whole);
  };
  const plan: typeof batches.plan = async (planned, gone, read) => {
    const fate = read ? draw(6) : 6;
    if (fate > 1) return batches.plan(planned, gone, read);
    if (fate === 1) await batches.plan(planned.slice(0, draw(planned.length + 1)), [], read);
    else await batches.plan(planned, gone, read);
    return 'conflict';
  };
  const update: typeof batches.update = async (batch) => {
    const updated = await batches.update(batch);
    return draw(12) === 0 ? 'conflict' : updated;
  };
  return fleet.process({ access, state: { ...fleet.state, batches: { ...batches, plan, update } } });
}

/** Some neighbours leave, or are there again. */
function change(here: Set<string>, names: string[], draw: Draw): void {
  const [start, size, leave] = [draw(count), 1 + draw(6), draw(2) === 0];
  for (const name of names.slice(start, start + size)) {
    if (!leave) here.add(name);
    else if (here.size > 4) here.delete(name);
  }
}

/** Each cluster is in one batch then, and nobody in two; whoever left is in one, too, unless a batch still runs. */
async function tick(fleet: LargeFleet, timer: WatchDeps, names: string[], here: Set<string>): Promise<void> {
  const { batches } = await fleet.passTime(sweep(timer));
  // No other timer planned anything.
  expect(batches).toBeDefined();
  const shares = (await rowsOf(fleet)).map(({ share }) => inShare(share));
  for (const name of names) {
    const having = shares.filter((isIn) => isIn(name)).length;
    if (shares.length === batches || here.has(name)) expect(having, name).toBe(1);
    else expect(having, name).toBeLessThanOrEqual(1);
  }
}

async function work(fleet: LargeFleet, workers: WatchDeps[], draw: Draw): Promise<void> {
  const late = fleet.take().flatMap((name) => {
    const copies = [1, 1, 1, 1, 2, 0][draw(6)] ?? 1;
    return Array.from({ length: copies }, () => ({
      name,
      inMs: draw(3) === 0 ? intervalMs - 1 - draw(3000) : draw(2000),
    }));
  });
  for (let passed = 0; passed < intervalMs; passed += stepMs) {
    for (const { name } of late.filter(({ inMs }) => inMs >= passed && inMs < passed + stepMs))
      fleet.run(name, workers[draw(workers.length)]).catch(() => undefined);
    await fleet.clock.advance(stepMs);
  }
}

it.each(Array.from({ length: nights }, (_, seed) => seed))(
  'no cluster is lost in changes (seed %i)',
  async (seed) => {
    const draw = seeded(seed);
    const fleet = largeFleet({ clusters: count });
    const names = fleet.fleet.clusters.map(({ name }) => name);
    const whole = fleet.yaml;
    const here = new Set(names);
    const silent = new Set<string>();
    const silences = draw(2) * 3;
    const hang = (name: string) =>
      fleet.simulation(name).apply({ kind: 'faults', node: `${name}-1`, faults: { hang: silent.has(name) } });
    const isSealed = (name: string) => fleet.simulation(name).state.nodes.some((node) => node.sealed);
    const workers = [0, 1].map(() => losing(fleet, draw));
    const timer = losing(fleet, draw);
    await fleet.round(0);
    await fleet.clock.advance(intervalMs);
    for (let n = 0; n < 14; n += 1) {
      if (draw(2) === 0) change(here, names, draw);
      fleet.yaml = names
        .filter((name) => !here.has(name))
        .reduce((text, name) => text.replace(new RegExp(` {2}${name}:\\n.*\\n.*\\n`), ''), whole);
      const [sealed, other] = [names[draw(count)] ?? '', names[draw(count)] ?? ''];
      if (draw(4) === 0) fleet.simulation(sealed).apply({ kind: 'seal', node: `${sealed}-1` });
      if (draw(6) < silences) {
        if (!silent.delete(other)) silent.add(other);
        hang(other);
      }
      await tick(fleet, timer, names, here);
      await work(fleet, workers, draw);
    }
    for (const name of silent) {
      silent.delete(name);
      hang(name);
    }
    fleet.state.nudgedBatches.length = 0;
    for (let n = 0; n < 8; n += 1) await fleet.round();
    const from = fleet.asked.length;
    for (let n = 0; n < 2; n += 1) expect(await fleet.round()).toMatchObject({ complete: true, failed: [] });
    // A sealed node is asked a second time.
    const timesOf = (name: string) => (isSealed(name) ? 4 : 2);
    expect(fleet.askedSince(from)).toEqual(
      Object.fromEntries([...here].map((name) => [`${name}-1`, timesOf(name)])),
    );
    expect(await fleet.outbox()).toEqual([]);
    const { partitions } = await fleet.state.live.scan();
    for (const name of names) {
      const { alerts } = partitions.get(name)?.head?.value ?? {};
      const open = alerts
        ?.filter(({ resolvedAt }) => resolvedAt === undefined)
        .map(({ finding }) => finding.code);
      expect(open?.includes('cluster-sealed'), name).toBe(here.has(name) ? isSealed(name) : undefined);
      if (!isSealed(name)) expect(open ?? [], name).toEqual([]);
    }
  },
);
