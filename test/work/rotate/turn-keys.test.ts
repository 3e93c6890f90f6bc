/** Whole rotations of keys in a simulated world, step by step. */
import { describe, expect, it } from 'vitest';
import { Stopper } from '../../fakes/state/stopping.ts';
import { keyDue as due, toItsEnd } from './world/key-world.ts';

const minute = 60_000;
const hour = 60 * minute;
const day = 24 * hour;

describe('a key that clusters share', () => {
  it('gets one version, moves on whom people let step down, waits for the rest, and raises the minimum last', async () => {
    const world = await due('transit-key');
    await world.turn();
    expect(world.key.versions.map(({ by }) => by)).toEqual([
      'people',
      ...world.state.everyRotation().map(({ id }) => id),
    ]);
    expect(world.rotation?.waiting?.what).toMatch(
      /^a person's approval: the active node of payments steps down/,
    );
    const [payments, orders] = world.consumers;
    expect(payments?.wraps).toBe(2);
    await world.approve();
    await world.clock.advance(2 * minute);
    await world.turn();
    expect([payments?.wraps, orders?.wraps]).toEqual([3, 2]);
    expect(world.rotation?.waiting?.what).toBe(
      'a restart or step-down of the active node of orders, which then wraps with version 3',
    );
    if (orders) world.lead(orders);
    await world.turn();
    expect(world.rotation?.waiting?.what).toBe('the grace time');
    await world.clock.advance(hour);
    await world.turn();
    expect(world.rotation?.needs).toMatchObject({ binding: { step: 'raise-minimum', what: '2' } });
    expect(world.key.minimum).toBe(1);
    await world.approve();
    await world.turn();
    expect(world.key.minimum).toBe(2);
    expect(world.rotation).toMatchObject({ status: 'ended', ended: { outcome: 'retired' } });
    expect(world.broken).toEqual([]);
  });

  it('is told to step down again by the same approval, where the first try was refused', async () => {
    const world = await due('transit-key');
    const [payments] = world.consumers;
    if (payments) payments.stepDown = 'fails';
    await world.turn();
    await world.approve();
    await world.clock.advance(2 * minute);
    await world.turn();
    expect(world.rotation?.failing?.what).toBe('step-down');
    if (payments) payments.stepDown = 'works';
    await world.clock.advance(31 * minute);
    await world.turn();
    expect(payments?.wraps).toBe(3);
    expect(world.rotation?.needs).toBeUndefined();
  });

  it('ends without a new minimum where nobody approves it in time', async () => {
    const world = await due('transit-key');
    await world.turn();
    for (const one of world.consumers) {
      await world.clock.advance(2 * minute);
      world.lead(one);
    }
    await world.pass(4 * day, hour);
    expect([world.rotation?.ended?.outcome, world.key.minimum, world.broken]).toEqual(['retired', 1, []]);
  });

  it('keeps the minimum where a snapshot of before is kept', async () => {
    const world = await due('transit-key');
    // Somebody found an old backup, which is to be restored.
    world.policy('orders', { keptSince: 0 });
    await world.turn();
    for (const one of world.consumers) {
      await world.clock.advance(2 * minute);
      world.lead(one);
    }
    await world.pass(4 * hour, 10 * minute);
    expect([world.rotation?.ended?.outcome, world.key.minimum]).toEqual(['retired', 1]);
  });

  it('gets no version where a rescue was named before its turn came', async () => {
    const world = await due('transit-key');
    world.rescue('orders');
    await world.pass(5 * minute);
    expect(world.key.versions.length).toBe(2);
    expect(world.rotation?.ended?.outcome).toBe('retired');
  });

  it('gets no version where a rescue was named while its rotation waited', async () => {
    const world = await due('transit-key');
    const stopper = new Stopper();
    await world.turn(stopper);
    const creation = stopper.effects.indexOf('kind.create');
    const dead = await due('transit-key');
    // It dies after its row was opened, before anything is noted of a creation.
    await dead.turn(new Stopper(creation - 1, 'before'));
    expect(dead.rotation).toMatchObject({ status: 'open', stage: 'due' });
    dead.rescue('orders');
    await dead.pass(5 * minute);
    expect(dead.key.versions.length).toBe(2);
    expect(dead.rotation?.ended).toMatchObject({
      outcome: 'failed',
      summary: expect.stringContaining('orders, seal.rescue') as unknown,
    });
    expect(dead.broken).toEqual([]);
  });

  it('is gone on with where the answer of its rotation was lost', async () => {
    const world = await due('keyvault-key');
    world.key.faults.loseRotation = true;
    await world.turn();
    expect(world.rotation?.failing?.what).toBe('create');
    expect(world.key.versions.length).toBe(3);
    await world.heal();
    expect(world.key.versions.length).toBe(3);
    expect(world.rotation).toMatchObject({
      ended: { outcome: 'retired' },
      fresh: { ref: world.key.newest.version },
    });
  });

  it('is not rotated by us where its vault does that, and its consumers are moved on', async () => {
    const world = await due('followed');
    await toItsEnd(world);
    expect(world.key.versions.map(({ by }) => by)).toEqual(['people', 'vault', 'vault']);
    // Orders did not opt in: somebody restarts it.
    expect(world.rotation?.waiting?.what).toContain('a restart or step-down of the active node of orders');
    world.lead(world.consumers[1] ?? raise());
    await world.pass(2 * hour, 10 * minute);
    expect([world.rotation?.ended?.outcome, world.broken]).toEqual(['retired', []]);
  });
});

function raise(): never {
  throw new Error('there are two consumers');
}
