/** What every RotateState does. Run against the memory fake (test/state) and against Azurite (test/live/rotation). */
import { randomBytes } from 'node:crypto';
import { describe, expect, test } from 'vitest';
import { type Readiness, readinessCodes } from '../../shared/readiness/readiness.ts';
import { aFullReadiness, aReadiness } from '../fakes/state/rotate-examples.ts';
import { newer } from './recover-state-under-test.ts';
import { rotateStateOfLocks } from './rotate-state-locks.ts';
import { rotateStateOfPeople } from './rotate-state-people.ts';
import { rotateStateOfRotations } from './rotate-state-rotations.ts';
import type { RotateStateUnderTest } from './rotate-state-under-test.ts';

export function rotateStateContract(open: () => Promise<RotateStateUnderTest>): void {
  const fresh = async () => (await open()).state;
  const clusters = (rows: Readiness[]) => rows.map(({ cluster }) => cluster).toSorted();

  describe('readiness', () => {
    test('is nothing, then what was saved last', async () => {
      const { readiness } = await fresh();
      expect(await readiness.list()).toEqual({ rows: [], unreadable: [] });
      expect(await readiness.list('payments')).toEqual({ rows: [], unreadable: [] });
      await readiness.save(aFullReadiness());
      expect((await readiness.list('payments')).rows).toEqual([aFullReadiness()]);
      const next = aReadiness({ at: aReadiness().at + 1, standing: { state: 'not-ready', why: 'revoked' } });
      await readiness.save(next);
      expect((await readiness.list()).rows).toEqual([next]);
    });

    test.for<Readiness['standing']>([
      { state: 'ready' },
      { state: 'at-risk', why: 'its provider would not unseal itself' },
      { state: 'at-risk', why: 'the token ends', at: -1.5 },
      { state: 'not-ready', why: 'revoked' },
      { state: 'unknown', why: '' },
    ])('comes back as it was: %j', async (standing) => {
      const { readiness } = await fresh();
      await readiness.save(aReadiness({ standing }));
      expect((await readiness.list()).rows).toEqual([aReadiness({ standing })]);
    });

    test('is kept a row a cluster, and read of all or of one', async () => {
      const { readiness } = await fresh();
      for (const cluster of ['orders', "o'hara", 'payments']) await readiness.save(aReadiness({ cluster }));
      expect(clusters((await readiness.list()).rows)).toEqual(["o'hara", 'orders', 'payments']);
      expect(clusters((await readiness.list("o'hara")).rows)).toEqual(["o'hara"]);
      expect(clusters((await readiness.list('order')).rows)).toEqual([]);
    });

    test('that a newer version wrote is told of beside the good ones, and replaced by the next exercise', async () => {
      const { state, makeNewer } = await open();
      await state.readiness.save(aReadiness());
      await state.readiness.save(aReadiness({ cluster: 'orders' }));
      await makeNewer('readiness', 'payments', 'latest');
      const why = expect.stringMatching(newer) as string;
      expect(await state.readiness.list()).toEqual({
        rows: [aReadiness({ cluster: 'orders' })],
        unreadable: [{ partition: 'payments', row: 'latest', why }],
      });
      await state.readiness.save(aReadiness());
      expect((await state.readiness.list('payments')).rows).toEqual([aReadiness()]);
    });

    test('is removed, readable or not, once or twice; other clusters keep theirs', async () => {
      const { state, makeNewer } = await open();
      await state.readiness.remove('payments');
      await state.readiness.save(aReadiness());
      await state.readiness.save(aReadiness({ cluster: 'orders' }));
      await state.readiness.save(aReadiness({ cluster: "o'hara" }));
      await makeNewer('readiness', 'orders', 'latest');
      for (const cluster of ['payments', 'orders', 'payments']) await state.readiness.remove(cluster);
      const { rows, unreadable } = await state.readiness.list();
      expect([clusters(rows), unreadable]).toEqual([["o'hara"], []]);
    });

    test('may be as large as its schema lets it', async () => {
      const { readiness } = await fresh();
      const line = () => randomBytes(1000).toString('hex');
      const evidence = Array.from({ length: 100 }, line);
      const problems = readinessCodes.map((code) => ({
        code,
        summary: line(),
        evidence: evidence.slice(0, 5),
      }));
      const row = aReadiness({ evidence, problems });
      await readiness.save(row);
      expect((await readiness.list('payments')).rows).toEqual([row]);
    });

    test.for<[string, Partial<Readiness>]>([
      ['evidence', { evidence: ['x'.repeat(2001)] }],
      ['evidence', { evidence: Array.from({ length: 101 }, () => 'x') }],
      ['standing.why', { standing: { state: 'unknown', why: 'x'.repeat(2001) } }],
      ['validUntil', { validUntil: Number.POSITIVE_INFINITY }],
      ['at', { at: 9e15 }],
    ])('is refused by the name of its field when it could not be read back: %s', async ([field, over]) => {
      const { readiness } = await fresh();
      await readiness.save(aReadiness());
      await expect(readiness.save(aReadiness(over))).rejects.toMatchObject({
        code: 'refused',
        message: expect.stringContaining(field) as string,
      });
      expect((await readiness.list()).rows).toEqual([aReadiness()]);
    });

    test.for(['', 'a/b', 'a\\b', 'a#b', 'a?b', 'a\nb', 'x'.repeat(501)])(
      'of no cluster: the key %j is refused',
      async (cluster) => {
        const { readiness, nudges } = await fresh();
        const refusal = { code: 'illegal-key' };
        await expect(readiness.save(aReadiness({ cluster }))).rejects.toMatchObject(refusal);
        await expect(readiness.list(cluster)).rejects.toMatchObject(refusal);
        await expect(readiness.remove(cluster)).rejects.toMatchObject(refusal);
        await expect(nudges.send('turns', cluster, 0)).rejects.toMatchObject(refusal);
      },
    );
  });

  describe('rotations', () => rotateStateOfRotations(open));
  describe('locks', () => rotateStateOfLocks(open));
  describe('people', () => rotateStateOfPeople(open));

  test.for(['turns', 'probe'] as const)('a nudge on %s names its cluster', async (queue) => {
    const { state, messages } = await open();
    await state.nudges.send(queue, 'payments', 0);
    expect(await messages(queue)).toEqual(['payments']);
  });
}
