/** One whole rotation of a secret in a simulated world, and every way to die in it. */
import { describe, expect, it } from 'vitest';
import type { Person } from '../../../shared/people/person.ts';
import { rollBackRotation } from '../../../shared/work/rotate/respond-rotation.ts';
import { Stopper } from '../../fakes/state/stopping.ts';
import { World } from './world/world.ts';

const minute = 60_000;
const day = 24 * 3_600_000;
const ada: Person = { id: 't/ada', name: 'Ada', roles: ['Sealwatch.Operate'] };

/** Due at 90 days. */
async function due(first: 'people' | 'ours' = 'ours'): Promise<World> {
  const world = new World(first);
  await world.clock.advance(91 * day);
  return world;
}

async function ended(world: World): Promise<void> {
  for (let tries = 0; tries < 40 && world.rotation?.status !== 'ended'; tries += 1) {
    await world.pass(10 * 60_000, 10 * 60_000);
    if (world.rotation?.stage === 'verified') for (const index of [0, 1]) world.restart(index);
  }
}

describe('a rotation of a secret', () => {
  it('is delivered to every sink, waits for every node, and ends the old one last', async () => {
    const world = await due();
    await world.turn();
    await world.pass(3 * 60_000);
    expect(world.rotation).toMatchObject({ stage: 'verified', status: 'open' });
    expect(world.rotation?.waiting?.what).toContain('a restart of payments/payments-0, payments/payments-1');
    const [old, fresh] = world.provider.made;
    expect(world.sinks.map(({ slots }) => slots.get('live'))).toEqual([fresh?.value, fresh?.value]);
    expect(old?.alive).toBe(true);
    await world.clock.advance(60_000);
    world.restart(0);
    await world.turn();
    expect(world.rotation?.waiting?.what).toBe('a restart of payments/payments-1, to use the new one');
    world.restart(1);
    await world.turn();
    expect(world.rotation?.waiting?.what).toBe('the grace time');
    expect(old?.alive).toBe(true);
    await world.pass(2 * 3_600_000, 600_000);
    expect(world.rotation).toMatchObject({ status: 'ended', ended: { outcome: 'retired' } });
    expect(old?.endedByUs).toBe(true);
    expect(world.sinks.map(({ slots }) => [...slots.keys()])).toEqual([['live'], ['live']]);
    expect(world.broken).toEqual([]);
  });

  it('has readiness exercised anew once it ended: what was rotated is what the next restart uses', async () => {
    const world = await due();
    expect((await world.state.readiness.list()).rows).toEqual([]);
    await ended(world);
    const { rows } = await world.state.readiness.list();
    expect(rows.map(({ cluster }) => cluster)).toEqual(['payments']);
  });

  it("leaves people's own secret, and says so", async () => {
    const world = await due('people');
    await ended(world);
    expect(world.rotation?.ended).toMatchObject({ outcome: 'retired', left: ["ref-1 is people's own"] });
    expect(world.provider.made[0]?.alive).toBe(true);
    expect(world.broken).toEqual([]);
  });

  it('is rolled back for every node, also for one that read a write that landed late', async () => {
    const world = await due();
    await world.turn();
    const [, second] = world.sinks;
    if (second) second.lateMs = 4 * minute;
    await world.pass(minute);
    expect(world.rotation?.failing?.what).toBe('deliver');
    await rollBackRotation(world.deps(), world.rotation?.id ?? '', ada, 'a test of rotation');
    await world.turn();
    expect(world.rotation).toMatchObject({ direction: 'back', waiting: { what: 'the grace time' } });
    await world.clock.advance(4 * minute);
    world.look('the late write');
    world.restart(1);
    const [old, fresh] = world.provider.made;
    expect(world.nodes[1]?.uses).toBe(fresh);
    await world.pass(3 * 60 * minute, 5 * minute);
    expect(world.rotation?.waiting?.what).toBe('a restart of payments/payments-1, to use the old one');
    expect([fresh?.alive, world.broken]).toEqual([true, []]);
    world.restart(1);
    await world.pass(2 * 60 * minute, 5 * minute);
    expect(world.rotation?.ended?.outcome).toBe('rolled-back');
    expect([fresh?.endedByUs, world.nodes[1]?.uses === old, world.broken]).toEqual([true, true, []]);
  });

  it('never puts what was revoked over what another hand put there', async () => {
    const world = await due();
    await world.turn();
    await world.pass(3 * minute);
    expect(world.rotation?.stage).toBe('verified');
    const [old, fresh] = world.provider.made;
    world.provider.revoke(fresh?.ref ?? '');
    const written: string[] = [];
    for (const sink of world.sinks) {
      sink.slots.set('live', old?.value ?? '');
      const write = sink.write.bind(sink);
      sink.write = (slot, value) => {
        if (slot === 'live') written.push(value.toString());
        return write(slot, value);
      };
    }
    await world.pass(6 * 60 * minute, 10 * minute);
    expect(written).not.toContain(fresh?.value);
    expect(world.rotation).toMatchObject({ status: 'ended', ended: { outcome: 'rolled-back' } });
    expect([old?.alive, world.broken]).toEqual([true, []]);
  });

  it('goes on after a death at each effect, before it and after it', async () => {
    const whole = await due();
    const counting = new Stopper();
    await whole.turn(counting);
    const effects = counting.effects.length;
    expect(effects).toBeGreaterThan(10);
    for (let at = 1; at <= effects; at += 1) {
      for (const when of ['before', 'after'] as const) {
        const world = await due();
        const stopper = new Stopper(at, when);
        await world.turn(stopper);
        expect(stopper.stopped).toBe(true);
        await ended(world);
        const where = `${when} ${counting.effects[at - 1]} (${at})`;
        expect([where, world.rotation?.ended?.outcome, world.broken]).toEqual([where, 'retired', []]);
      }
    }
  });
});
