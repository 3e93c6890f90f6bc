/** Clusters whose seals lead back to each other: their rotations are never open at the same time. */
import { describe, expect, it } from 'vitest';
import type { Person } from '../../../shared/people/person.ts';
import { runRotation } from '../../../shared/work/rotate/respond-rotation.ts';
import { takeTurns } from '../../../shared/work/rotate/turn.ts';
import { cycleDue as due, outcomes } from './world/cycle.ts';

const minute = 60_000;
const ada: Person = { id: 't/ada', name: 'Ada', roles: ['Sealwatch.Operate'] };

describe('two clusters whose seals lead back to each other', () => {
  it('are rotated one after the other, and who hangs on them is not waited for', async () => {
    const world = await due();
    await world.turn();
    expect(world.open()).toEqual(['left', 'outside']);
    expect(Object.keys(world.state.locks())).toEqual(
      expect.arrayContaining(['cycle-member left', 'cycle-member right']),
    );
    await world.pass(10 * minute);
    expect(world.open()).toEqual(['left', 'outside']);
    expect(world.keys.get('right')?.versions.length).toBe(1);
    await world.goOn();
    expect(outcomes(world)).toEqual({ left: 'retired', outside: 'retired', right: 'retired' });
    expect(world.state.locks()).toEqual({});
    expect(world.broken).toEqual([]);
  });

  it('tell who asks for the one that the other is open', async () => {
    const world = await due();
    await world.turn();
    const said = await runRotation(world.deps(), 'right', 'transit-key', ada, 'a test of rotation');
    const [left] = world.state.everyRotation();
    expect(said).toMatchObject({ ok: false, message: `rotation ${left?.id} is open: one at a time` });
  });

  it('open one when both begin at the same moment', async () => {
    const world = await due();
    const deps = world.deps();
    await Promise.all(['right', 'left', 'right', 'left'].map((name) => takeTurns(deps, name)));
    expect(world.open()).toHaveLength(1);
    expect(world.broken).toEqual([]);
  });
});
