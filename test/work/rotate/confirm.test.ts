/** A person's word that nodes restarted: for which of them it counts, and for how long. */
import { beforeEach, describe, expect, it } from 'vitest';
import type { Person } from '../../../shared/people/person.ts';
import type { Rotation } from '../../../shared/rotation/rotation.ts';
import { confirmRotation, runRotation } from '../../../shared/work/rotate/respond-rotation.ts';
import { World } from './world/world.ts';

const bob: Person = { id: 'tenant/bob', name: 'Bob', roles: ['Sealwatch.Operate'] };
const minute = 60_000;
const why = (words: string): string => expect.stringContaining(words) as string;

let world: World;
beforeEach(async () => {
  world = new World();
  await runRotation(world.deps(), 'payments', 'entra-secret', bob, 'it leaked');
  await world.pass(3 * minute);
  expect(row()).toMatchObject({ stage: 'verified', status: 'open' });
});

function row(): Rotation {
  const { rotation } = world;
  if (!rotation) throw new Error('no rotation');
  return rotation;
}
const confirm = (reason: string) => confirmRotation(world.deps(), row().id, bob, reason);
const hide = (index: 0 | 1) => Object.assign(world.nodes[index] ?? {}, { seen: false });

describe('a word', () => {
  it('is about the nodes that were not seen then: one that is not seen later needs a word of its own', async () => {
    for (const index of [0, 1]) world.restart(index);
    hide(0);
    await confirm('the first');
    expect(row().confirmed?.nodes).toEqual(['payments/payments-0']);
    hide(1);
    await world.pass(2 * 60 * minute, 10 * minute);
    expect(row()).toMatchObject({ status: 'open', waiting: { what: why('payments/payments-1 restarted') } });
    await confirm('the second');
    expect(row().confirmed?.nodes).toEqual(['payments/payments-0', 'payments/payments-1']);
    await world.pass(2 * 60 * minute, 10 * minute);
    expect(row().ended?.outcome).toBe('retired');
  });

  it('does not count any more for a node that is seen to run since before', async () => {
    hide(0);
    world.restart(1);
    await confirm('the first, too');
    Object.assign(world.nodes[0] ?? {}, { seen: true });
    await world.pass(10 * minute);
    expect(row()).toMatchObject({ status: 'open', confirmed: { nodes: [] } });
    hide(0);
    await world.pass(2 * 60 * minute, 10 * minute);
    expect(row()).toMatchObject({ status: 'open', waiting: { what: why("a person's word") } });
    expect(world.broken).toEqual([]);
  });
});
