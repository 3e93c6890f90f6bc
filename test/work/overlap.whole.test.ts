import { describe, expect, it } from 'vitest';
import { sweep } from '../../shared/work/sweep.ts';
import { seeded } from '../fakes/seeded.ts';
import { aroundPorts } from './around-ports.ts';
import { type FleetUnderTest, unseal } from './fleet-under-test.ts';
import { expectAllTold, node, sealedNodeFleet } from './one-sealed-node.ts';

/** Two processes sweep at once; which of them takes its next step is drawn before and after each of them. */
async function sweepTogether(fleet: FleetUnderTest, draw: (below: number) => number): Promise<string[]> {
  const waiting: (() => void)[] = [];
  const order: string[] = [];
  const turn = () => new Promise<void>((resolve) => waiting.push(resolve));
  const started = ['A', 'B'].map((name) => {
    const deps = aroundPorts(fleet.process(), async (call, run) => {
      await turn();
      order.push(`${name} ${call.name}`);
      const result = await run();
      await turn();
      return result;
    });
    return sweep(deps);
  });
  let done = false;
  const both = Promise.all(started).then(() => {
    done = true;
  });
  for (;;) {
    await new Promise((resolve) => setImmediate(resolve));
    if (done) break;
    const choices = waiting.length + (fleet.clock.sleeping > 0 ? 1 : 0);
    const [next] = waiting.splice(draw(choices), 1);
    if (next) next();
    else await fleet.clock.advance(100);
  }
  await both;
  return order;
}

describe('two sweeps at the same time', () => {
  const orders = new Set<string>();

  it.each(Array.from({ length: 120 }, (_, seed) => seed))('agree on one story (seed %i)', async (seed) => {
    const draw = seeded(seed);
    const fleet = sealedNodeFleet();
    await sweepTogether(fleet, draw);
    fleet.simulation().apply({ kind: 'seal', node });
    await fleet.clock.advance(30_000);
    orders.add((await sweepTogether(fleet, draw)).join());
    await fleet.clock.advance(30_000);
    await sweepTogether(fleet, draw);
    unseal(fleet.simulation(), node);
    await fleet.clock.advance(30_000);
    await sweepTogether(fleet, draw);
    for (let more = 0; more < 6; more += 1) await fleet.sweep(30_000);
    await expectAllTold(fleet, 1);
  });

  it('were tried in many orders', () => {
    expect(orders.size).toBeGreaterThan(100);
  });
});
