/** Rules 10 and 11 over random nights of keys that clusters share: deaths, leaders that change, approvals, snapshots, lost answers. */
import * as fc from 'fast-check';
import { expect, test } from 'vitest';
import { happenToKeys, keyDoings, rescues } from './world/key-doings.ts';
import { type KeyKind, KeyWorld } from './world/key-world.ts';

const numRuns = process.env['SEALWATCH_DEEP'] === undefined ? 300 : 10_000;

test.each<KeyKind>(['transit-key', 'keyvault-key', 'followed'])(
  'whatever happens to a %s, nothing that is needed is given up, and every rotation ends',
  async (kind) => {
    const seen = { ended: 0, raised: 0, stepped: 0 };
    await fc.assert(
      fc.asyncProperty(keyDoings, rescues, fc.boolean(), async (night, rescued, approves) => {
        const world = new KeyWorld(kind);
        // Due from the first turn on.
        await world.liveOn();
        expect(world.rotation?.ended?.outcome).toBe('retired');
        for (const [index, doing] of night.entries()) {
          if (rescued?.at === index) world.rescue(world.consumers[rescued.consumer]?.cluster ?? '');
          await happenToKeys(world, doing);
          expect(world.broken).toEqual([]);
        }
        await world.heal(approves);
        expect(world.broken).toEqual([]);
        expect(world.rotation?.status ?? 'none').not.toBe('open');
        expect(world.errors()).toEqual([]);
        seen.ended += world.state.everyRotation().length;
        seen.raised += world.key.minimum > 1 ? 1 : 0;
        seen.stepped += world.state.audited.filter(({ facts }) => facts['step'] === 'step-down').length;
      }),
      { numRuns },
    );
    // Nights in which nothing happens prove nothing.
    expect(seen.ended).toBeGreaterThan(numRuns);
    expect(seen.stepped).toBeGreaterThan(numRuns / 10);
    if (kind === 'transit-key') expect(seen.raised).toBeGreaterThan(numRuns / 20);
  },
  300_000,
);
