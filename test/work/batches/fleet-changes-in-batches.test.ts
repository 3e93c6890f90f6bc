/** Clusters that leave fleet.yaml, or come, while a batch still runs beside them: shares must have no hole for good. */
import { expect, it } from 'vitest';
import { inShare } from '../../../shared/state/share.ts';
import { intervalMs, type LargeFleet, largeFleet } from './night.ts';

const seal = (fleet: LargeFleet, cluster: string) =>
  fleet.simulation(cluster).apply({ kind: 'seal', node: `${cluster}-1` });
const without = (yaml: string, ...names: string[]) =>
  names.reduce((text, name) => text.replace(new RegExp(` {2}${name}:\\n.*\\n.*\\n`), ''), yaml);

/** One tick, after which all batches end but the one of this cluster: it is begun so late that it runs at the next tick. */
async function withLateBatch(fleet: LargeFleet, cluster: string): Promise<{ end: () => Promise<void> }> {
  await fleet.tick();
  const { batches } = await fleet.state.batches.list();
  const its = batches.find(({ value }) => inShare(value.share)(cluster))?.value.number;
  const names = fleet.take();
  const isIts = (name: string) => name.endsWith(`.${its}`);
  const { promise: gate, resolve: open } = Promise.withResolvers<void>();
  const late = fleet.process({
    reads: fleet.main.reads,
    access: async (of, whole) => {
      await gate;
      return fleet.main.access(of, whole);
    },
  });
  await fleet.work(
    names.filter((name) => !isIts(name)),
    [fleet.process()],
  );
  await fleet.clock.advance(25_000);
  const runs = Promise.all(names.filter(isIts).map((name) => fleet.run(name, late)));
  for (let n = 0; n < 30; n += 1) await new Promise((resolve) => setImmediate(resolve));
  return {
    end: async () => {
      open();
      await fleet.passTime(runs);
    },
  };
}

it('an alert of a cluster that left beside a running batch ends', async () => {
  const fleet = largeFleet();
  for (let n = 0; n < 3; n += 1) await fleet.round(Math.min(n, 1) * intervalMs);
  seal(fleet, 'c07');
  await fleet.round();
  const late = await withLateBatch(fleet, 'c03');
  fleet.yaml = without(fleet.yaml, 'c06', 'c07');
  await fleet.tick(200);
  await late.end();
  await fleet.work(fleet.take());
  for (let n = 0; n < 3; n += 1) await fleet.round();
  expect(fleet.told()).toEqual(['fired cluster-sealed c07', 'resolved cluster-sealed c07']);
  const { partitions } = await fleet.state.live.scan();
  expect(['c06', 'c07'].map((name) => partitions.get(name)?.head)).toEqual([undefined, undefined]);
});

it('clusters that come after others left, and one was slow, beside a running batch are watched once a sweep', async () => {
  const fleet = largeFleet({ clusters: 20, batches: 'from: 3, clusters: 4' });
  const all = fleet.yaml;
  const hang = (on: boolean) =>
    fleet.simulation('c05').apply({ kind: 'faults', node: 'c05-1', faults: { hang: on } });
  fleet.yaml = without(all, 'c06');
  hang(true);
  for (let n = 0; n < 3; n += 1) await fleet.round(Math.min(n, 1) * intervalMs);
  hang(false);
  const late = await withLateBatch(fleet, 'c04');
  fleet.yaml = without(all, 'c06', 'c09', 'c10');
  await fleet.tick(200);
  await late.end();
  await fleet.work(fleet.take());
  for (let n = 0; n < 2; n += 1) await fleet.round();
  fleet.yaml = without(all, 'c09');
  await fleet.round();
  const from = fleet.asked.length;
  for (let n = 0; n < 3; n += 1) await fleet.round();
  const names = fleet.fleet.clusters.map(({ name }) => `${name}-1`);
  expect(fleet.askedSince(from)).toEqual(Object.fromEntries(names.map((name) => [name, 3])));
});
