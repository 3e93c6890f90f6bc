/** What every State refuses, part of ./state.ts: nothing that a real account would not take. */
import { randomBytes } from 'node:crypto';
import { describe, expect, test } from 'vitest';
import type { State } from '../../shared/state/ports.ts';
import { aHead, anAlert, anEntry, aTransition } from '../fakes/state/examples.ts';

export function stateLimits(fresh: () => Promise<State>): void {
  describe('limits', () => {
    const noise = (kib: number) => randomBytes(kib * 512).toString('hex');

    test('a head that is too large is refused by name, and nothing is written', async () => {
      const state = await fresh();
      const huge = aHead({ alerts: [anAlert({ acknowledgedBy: noise(2200) })] });
      const refused = state.live.commit('payments', huge, undefined, [anEntry()]);
      await expect(refused).rejects.toMatchObject({
        code: 'state-too-large',
        recoverable: false,
        message: expect.stringContaining('payments'),
      });
      expect((await state.live.scan()).partitions.size).toBe(0);
    });

    test('a head of many columns comes back whole', async () => {
      const state = await fresh();
      const large = aHead({ alerts: [anAlert({ acknowledgedBy: noise(1500) })] });
      expect((await state.live.commit('payments', large, undefined, [])).committed).toBe(true);
      expect((await state.live.read('payments')).head?.value).toEqual(large);
    });

    test('a commit that is too large as a whole is refused', async () => {
      const state = await fresh();
      const entries = [1, 2, 3, 4].map((n) => anEntry({ id: `${n}`, lastFailure: noise(1500) }));
      const refused = state.live.commit('payments', aHead(), undefined, entries);
      await expect(refused).rejects.toMatchObject({ code: 'state-too-large' });
    });

    test('99 outbox rows fit into a commit, 100 do not', async () => {
      const state = await fresh();
      const entries = Array.from({ length: 100 }, (_, n) => anEntry({ id: `${n}` }));
      const refused = state.live.commit('payments', aHead(), undefined, entries);
      await expect(refused).rejects.toMatchObject({ code: 'too-many-entries' });
      const result = await state.live.commit('payments', aHead(), undefined, entries.slice(1));
      expect(result.committed && result.outbox).toHaveLength(99);
    });

    test('two entries of one id are refused', async () => {
      const state = await fresh();
      const refused = state.live.commit('payments', aHead(), undefined, [anEntry(), anEntry()]);
      await expect(refused).rejects.toMatchObject({ code: 'duplicate-entry' });
    });

    test.for(['', 'a/b', 'a\\b', 'a#b', 'a?b', 'a\nb', 'a\u0085b', 'x'.repeat(501)])(
      'the key %j is refused for clusters and entries',
      async (key) => {
        const state = await fresh();
        const refusal = { code: 'illegal-key' };
        await expect(state.live.commit(key, aHead(), undefined, [])).rejects.toMatchObject(refusal);
        await expect(state.live.read(key)).rejects.toMatchObject(refusal);
        const named = [anEntry({ id: key })];
        await expect(state.live.commit('payments', aHead(), undefined, named)).rejects.toMatchObject(refusal);
        await expect(state.history.append([aTransition({ cluster: key })])).rejects.toMatchObject(refusal);
        await expect(state.nudges.send('notify', key, 0)).rejects.toMatchObject(refusal);
      },
    );
  });
}
