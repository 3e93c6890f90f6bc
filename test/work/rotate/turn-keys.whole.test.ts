/** Every way to die in a rotation of a key. */
import { describe, expect, it } from 'vitest';
import { Stopper } from '../../fakes/state/stopping.ts';
import { type KeyKind, keyDue, toItsEnd } from './world/key-world.ts';

describe('a death at each effect, before it and after it', () => {
  it.each<KeyKind>(['transit-key', 'keyvault-key', 'followed'])(
    'leaves a %s that the next turns go on with',
    async (kind) => {
      const both = async () => {
        const world = await keyDue(kind);
        world.policy('orders', { stepDown: true });
        return world;
      };
      const counting = new Stopper();
      const whole = await both();
      await toItsEnd(whole, counting);
      expect([whole.rotation?.ended?.outcome, whole.key.minimum]).toEqual([
        'retired',
        kind === 'transit-key' ? 2 : 1,
      ]);
      expect(counting.effects).toContain('stepDown');
      for (const [index, effect] of counting.effects.entries()) {
        for (const when of ['before', 'after'] as const) {
          const world = await both();
          const stopper = new Stopper(index + 1, when);
          await toItsEnd(world, stopper);
          const where = `${when} ${effect} (${index + 1})`;
          const { rotation, key } = world;
          expect([
            where,
            stopper.stopped,
            rotation?.ended?.outcome,
            key.versions.length,
            world.broken,
          ]).toEqual([where, true, 'retired', 3, []]);
          expect(world.errors()).toEqual([]);
        }
      }
    },
  );
});
