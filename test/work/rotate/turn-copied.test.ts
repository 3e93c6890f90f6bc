/** Rotations of a secret where nodes read copies of their sinks, which come up to half an hour late. */
import { expect, it } from 'vitest';
import type { Person } from '../../../shared/people/person.ts';
import { confirmRotation, rollBackRotation } from '../../../shared/work/rotate/respond-rotation.ts';
import { halfAnHour, World } from './world/world.ts';

const minute = 60_000;
const ada: Person = { id: 't/ada', name: 'Ada', roles: ['Sealwatch.Operate', 'Sealwatch.Approve'] };

/** Delivered and verified, without grace time. */
async function delivered(): Promise<World> {
  const world = new World('ours', halfAnHour);
  await world.clock.advance(91 * 24 * 60 * minute);
  await world.turn();
  await world.pass(3 * minute);
  expect(world.rotation).toMatchObject({ stage: 'verified', status: 'open' });
  return world;
}

function restartAll(world: World): void {
  for (const index of world.nodes.keys()) world.restart(index);
}

it('nodes that restart before their copy came are asked to restart once more, with the time; the old one lives', async () => {
  const world = await delivered();
  const [old, fresh] = world.provider.made;
  const [node] = world.nodes;
  if (node) node.lateMs = world.withinMs;
  await world.pass(20 * minute);
  restartAll(world);
  expect(world.nodes.map(({ uses }) => uses)).toEqual([old, fresh]);
  await world.pass(60 * minute, 5 * minute);
  const settlesAt = Math.max(
    ...Object.values(world.rotation?.sinks ?? {}).map((sink) => sink.settlesAt ?? 0),
  );
  expect(world.rotation?.waiting?.what).toBe(
    `a restart of payments/payments-0, payments/payments-1 after ${new Date(settlesAt).toISOString()}, when its copy has come, to use the new one`,
  );
  expect(old?.alive).toBe(true);
  restartAll(world);
  await world.turn();
  expect(world.rotation?.ended?.outcome).toBe('retired');
  expect([old?.endedByUs, world.broken]).toEqual([true, []]);
});

it('what a person puts there by hand has to be copied, too, before what was made ends', async () => {
  const world = await delivered();
  const [, fresh] = world.provider.made;
  await world.pass(60 * minute, 10 * minute);
  for (const { slots } of world.sinks) slots.delete('previous');
  await rollBackRotation(world.deps(), world.rotation?.id ?? '', ada, 'a test of rotation');
  await world.turn();
  expect(world.rotation?.waiting?.what).toContain('put it into the sinks by hand, then confirm');
  const own = world.provider.add(undefined);
  for (const sink of world.sinks) await sink.write('live', Buffer.from(own.value));
  await confirmRotation(world.deps(), world.rotation?.id ?? '', ada, 'a test of rotation');
  // They started before any sink had the new one: only copies of it are in the way.
  await world.pass(29 * minute);
  expect(world.rotation).toMatchObject({
    restoredAt: expect.any(Number) as number,
    waiting: { what: 'copies of the new one to be replaced by the old one' },
  });
  expect(fresh?.alive).toBe(true);
  await world.pass(3 * minute);
  expect(world.rotation?.ended?.outcome).toBe('rolled-back');
  expect([fresh?.endedByUs, own.alive, world.broken]).toEqual([true, true, []]);
});
