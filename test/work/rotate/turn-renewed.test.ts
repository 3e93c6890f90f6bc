/** Tokens that have to be renewed, while nobody restarts and something is in the way. */
import { describe, expect, it } from 'vitest';
import { aRecovery } from '../../fakes/state/recover-examples.ts';
import { month, World } from './world/world.ts';

const minute = 60_000;
const day = 24 * 60 * minute;

/** Due from the next turn on. */
async function due(): Promise<World> {
  const world = new World('ours', undefined, month);
  await world.pass(89 * day, 4 * day);
  await world.clock.advance(2 * day);
  return world;
}

async function delivered(): Promise<World> {
  const world = await due();
  await world.turn();
  await world.pass(3 * minute);
  expect(world.rotation).toMatchObject({ kind: 'transit-token', stage: 'verified' });
  return world;
}

describe('a token that was delivered, and that no node has taken up', () => {
  it.each([false, true])('is renewed for as long as it waits (on hold: %s)', async (hold) => {
    const world = await delivered();
    world.hold = hold;
    await world.pass(3 * month, 4 * day);
    const [, fresh] = world.provider.made;
    expect([fresh?.alive, world.broken]).toEqual([true, []]);
    expect(fresh?.renewedAt).toBeDefined();
    const renewed = world.state.audited.filter(({ what }) => what === 'renewed');
    expect(renewed.at(-1)).toMatchObject({ rotation: world.rotation?.id, facts: { which: 'current' } });
    expect(world.rotation?.fresh?.renewedAt).toBe(fresh?.renewedAt);
    world.hold = false;
    for (const index of world.nodes.keys()) world.restart(index);
    await world.pass(5 * 60 * minute, 30 * minute);
    // It is old enough by then to be due itself.
    const [first] = world.state.everyRotation();
    expect([first?.ended?.outcome, world.broken]).toEqual(['retired', []]);
  });

  it('is tried to be renewed once a turn, and waited with, where that is refused', async () => {
    const world = await delivered();
    world.provider.faults.unrenewed = true;
    await world.clock.advance(month / 2 + day);
    const before = world.provider.renewals.length;
    await world.turn();
    expect([world.provider.renewals.length - before, world.errors()]).toEqual([1, []]);
    expect(world.rotation).toMatchObject({ status: 'open', stage: 'verified' });
  });
});

describe('a token that was made, and that no sink was given yet', () => {
  it('is renewed while a recovery is in the way, and delivered after it', async () => {
    const world = await due();
    world.provider.faults.propagation = 1;
    await world.turn();
    expect(world.rotation?.stage).toBe('created');
    const endsAt = world.rotation?.fresh?.endsAt ?? 0;
    world.recoveries = async () => ({ rows: [aRecovery()], unreadable: [] });
    await world.pass(2 * month, 4 * day);
    const [, fresh] = world.provider.made;
    expect(fresh?.alive).toBe(true);
    expect(world.rotation?.fresh?.endsAt).toBeGreaterThan(endsAt + month);
    expect(world.state.audited.some(({ facts }) => facts['which'] === 'fresh')).toBe(true);
    world.recoveries = async () => ({ rows: [], unreadable: [] });
    await world.pass(5 * minute);
    expect(world.rotation).toMatchObject({ stage: 'verified', fresh: { ref: fresh?.ref } });
    expect(world.broken).toEqual([]);
  });
});

describe('the token of before', () => {
  it('does not end while its provider shows that somebody renews it after the newest start', async () => {
    const world = await delivered();
    const [old] = world.provider.made;
    await world.clock.advance(minute);
    world.restart(1);
    await world.clock.advance(minute);
    // It read a copy that is older than anybody promised, and its seal renews what it read.
    const [node] = world.nodes;
    if (!node || !old) throw new Error('there are two nodes');
    Object.assign(node, { startedAt: world.clock.now(), uses: old });
    world.provider.renew(old);
    await world.pass(2 * day, 60 * minute);
    expect([old.alive, world.broken]).toEqual([true, []]);
    expect(world.rotation?.waiting?.what).toContain('somebody renewed the old one');
    expect(world.rotation?.usedAt).toBe(old.renewedAt);
    // Not the one that used it: its start is newer than the use.
    world.restart(1);
    await world.pass(2 * day, 60 * minute);
    expect([old.alive, world.broken]).toEqual([true, []]);
    world.restart(0);
    await world.pass(2 * day, 60 * minute);
    expect([world.rotation?.ended?.outcome, old.endedByUs, world.broken]).toEqual(['retired', true, []]);
  });
});
