/** Every way to die while clusters that unseal each other are rotated. */
import { expect, it } from 'vitest';
import { Stopper } from '../../fakes/state/stopping.ts';
import { cycleDue as due, outcomes } from './world/cycle.ts';

it('two whose seals lead back to each other are never open together, whoever dies when', async () => {
  const counting = new Stopper();
  const whole = await due();
  await whole.turn(counting);
  expect(counting.effects.length).toBeGreaterThan(10);
  for (let at = 1; at <= counting.effects.length; at += 1) {
    for (const when of ['before', 'after'] as const) {
      const world = await due();
      await world.turn(new Stopper(at, when));
      await world.goOn();
      const all = { left: 'retired', outside: 'retired', right: 'retired' };
      expect([at, when, outcomes(world), world.broken]).toEqual([at, when, all, []]);
    }
  }
});
