import { expect, it } from 'vitest';
import { FleetUnderTest } from '../work/fleet-under-test.ts';
import { gathering } from './gathering.ts';

it('gives the slots of slow nodes, which are asked more, to the others after the time of a silent one', async () => {
  const fleet = new FleetUnderTest({
    top: 'probe: {concurrency: 2, totalTimeout: 8s}',
    clusters: { payments: { nodes: 8 } },
  });
  const { gather } = await gathering(fleet);
  const slow = ['payments-1', 'payments-2', 'payments-3', 'payments-4'];
  for (const node of slow) {
    fleet.simulation().apply({ kind: 'seal', node });
    fleet.simulation().apply({ kind: 'faults', node, faults: { latencyMs: 900 } });
  }
  const startedAt = fleet.clock.now();
  const firstAsked = new Map<string, number>();
  fleet.onAsked = ({ node, at }) => {
    if (!firstAsked.has(node)) firstAsked.set(node, at - startedAt);
  };
  await fleet.passTime(gather());
  const healthy = [...firstAsked].filter(([node]) => !slow.includes(node)).map(([, at]) => at);
  expect(healthy).toHaveLength(4);
  // Two pairs of slow nodes, each pair for one second (and the step of the one timer) at most.
  expect(Math.max(...healthy)).toBeLessThanOrEqual(2 * (1000 + 200));
});

it('gives the slot of a silent node to one other, not to a second one when that node answers at last', async () => {
  const fleet = new FleetUnderTest({
    top: 'probe: {concurrency: 1, totalTimeout: 8s}',
    clusters: { payments: { nodes: 5 } },
  });
  const { gather } = await gathering(fleet);
  const [silent, ...others] = ['payments-1', 'payments-2', 'payments-3', 'payments-4', 'payments-5'];
  fleet.simulation().apply({ kind: 'faults', node: silent, faults: { latencyMs: 1500 } });
  for (const node of others) fleet.simulation().apply({ kind: 'faults', node, faults: { latencyMs: 900 } });
  const asked = new Map<string, number>();
  fleet.onAsked = ({ node, at }) => {
    if (!asked.has(node)) asked.set(node, at);
  };
  await fleet.passTime(gather());
  const times = others.map((node) => asked.get(node) ?? Number.NaN);
  const pauses = times.slice(1).map((at, index) => at - (times[index] ?? 0));
  expect(Math.min(...pauses)).toBeGreaterThanOrEqual(900);
});
