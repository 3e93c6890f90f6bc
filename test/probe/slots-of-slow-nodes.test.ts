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
