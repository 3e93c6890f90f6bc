/** Rule 9: who renewed the one that is about to end uses it, whatever nodes and people say. */
import { describe, expect, it } from 'vitest';
import type { RotationInput } from '../../../shared/rotation/plan/say.ts';
import type { Rotation } from '../../../shared/rotation/rotation.ts';
import { allFresh, away, day, delivered, holding, hour, minute, noon, planOf, sight } from './inputs.ts';

/** When the newest node started. */
const newest = noon - 20 * minute;
const used = (at: number | undefined) => ({ lastUsedAt: { ok: true, value: at } as const });
const word = (direction: Rotation['direction']) => ({
  confirmed: {
    by: 't/ada',
    byName: 'Ada',
    at: noon - minute,
    why: 'I looked',
    direction,
    nodes: ['payments/payments-0', 'payments/payments-1'],
  },
});
const iso = (ms: number) => new Date(ms).toISOString();

describe('the old one', () => {
  const consumers = [sight('payments', newest, 2)];
  const plan = (over: Partial<Rotation> = {}, more: Partial<RotationInput> = {}) =>
    planOf('transit-token', {
      rotation: delivered('transit-token', over),
      ...allFresh,
      consumers,
      ...more,
    });
  const proven = { inUseAt: noon - day };

  it('that was used after the newest start of a node is in use: it waits, and says so', () => {
    expect(plan({}, used(newest))).toMatchObject({ do: 'note-use', at: newest });
    expect(plan({ usedAt: newest }, used(newest))).toMatchObject({
      do: 'wait',
      what: `a restart of payments/payments-0, payments/payments-1 after ${iso(newest + 2_000)}, to use the new one: somebody renewed the old one at ${iso(newest)}, though every node was said to use the other. Where that was no node of these, end it by hand at its provider`,
    });
    expect(plan({}, used(newest - 2_001)).do).toBe('in-use');
    expect(plan({}, used(newest - 2_000)).do).toBe('note-use');
  });

  it('is noted once: the same use, told again a little later, is no other', () => {
    for (const later of [1, 500, 2_000])
      expect(plan({ usedAt: newest }, used(newest + later)).do).toBe('wait');
    expect(plan({ usedAt: newest }, used(newest + 2_001)).do).toBe('note-use');
  });

  it('does not end, and what was taken for proven is not', () => {
    expect(plan(proven, used(noon)).do).toBe('note-use');
    expect(plan({ ...proven, usedAt: noon }, used(noon)).do).toBe('not-in-use');
    expect(plan(proven, used(undefined))).toMatchObject({ do: 'end-old' });
    expect(plan(proven)).toMatchObject({ do: 'end-old' });
  });

  it('does not end by anybody’s word', () => {
    expect(plan({ ...proven, ...word('forward') }, used(noon)).do).toBe('note-use');
    expect(plan({ ...proven, ...word('forward'), usedAt: noon - hour }, used(noon - hour)).do).toBe(
      'end-old',
    );
    expect(plan({ ...proven, ...word('forward'), usedAt: newest }, used(newest)).do).toBe('not-in-use');
  });

  it('that was used once does not end by the restart of another node: each of them starts anew', () => {
    const [of] = consumers;
    const starts = (...at: number[]) => ({
      consumers: [
        {
          cluster: of?.cluster ?? '',
          nodes: at.map((startedAt, n) => ({ node: `payments-${n}`, startedAt })),
        },
      ],
    });
    const seenUse = { ...proven, usedAt: noon - 10 * minute };
    const again = noon - 5 * minute;
    expect(plan(seenUse, { ...used(noon - 10 * minute), ...starts(newest, again) })).toMatchObject({
      do: 'not-in-use',
      why: expect.stringContaining('a restart of payments/payments-0 after') as string,
    });
    // By whoever did not restart: nobody knows.
    expect(plan(seenUse, { ...used(noon - 8 * minute), ...starts(newest, again) })).toMatchObject({
      do: 'note-use',
      at: noon - 8 * minute,
    });
    expect(plan(seenUse, { ...used(noon - 10 * minute), ...starts(again, again) }).do).toBe('end-old');
    expect(plan(seenUse, { ...used(undefined), ...starts(newest, again) }).do).toBe('end-old');
    expect(plan(seenUse, starts(newest, again)).do).toBe('not-in-use');
  });

  it('that a node used which is not seen, before the word that it restarted, is not in use', () => {
    const nodes = [
      { node: 'payments-0', startedAt: newest },
      { node: 'payments-1', unseen: 'not readable' },
    ];
    const told = { ...proven, ...word('forward') };
    const of = { consumers: [{ cluster: 'payments', nodes }] };
    expect(plan(told, { ...of, ...used(noon - 10 * minute) }).do).toBe('end-old');
    expect(plan(told, { ...of, ...used(noon) }).do).toBe('note-use');
    expect(plan({ ...told, usedAt: noon }, { ...of, ...used(noon) })).toMatchObject({
      do: 'not-in-use',
      why: expect.stringContaining("a person's word that payments/payments-1 restarted after") as string,
    });
  });

  it('where no start is seen: is in use if it was used since the word that all restarted', () => {
    const unseen = { consumers: [sight('payments', undefined, 2)] };
    const told = { ...word('forward'), ...proven };
    expect(plan(told, { ...unseen, ...used(noon - minute) })).toMatchObject({ do: 'note-use' });
    expect(plan(told, { ...unseen, ...used(noon - 2 * minute) }).do).toBe('end-old');
  });

  it('is waited for where its provider does not tell; people’s own, which is left, is not', () => {
    expect(plan(proven, { lastUsedAt: away }).do).toBe('not-in-use');
    expect(plan({}, { lastUsedAt: away })).toMatchObject({
      do: 'wait',
      what: 'its provider to tell when the old one was used last: nobody answers',
    });
    const theirs = { old: { ref: '1', ours: false } };
    expect(plan({ ...proven, ...theirs }, { lastUsedAt: away }).do).toBe('finish');
    expect(plan({ ...proven, ...theirs }, used(noon)).do).toBe('note-use');
  });
});

describe('the new one, on the way back', () => {
  const restored = (over: Partial<Rotation> = {}) => {
    const { sinks, ...rest } = delivered('transit-token', { direction: 'back', restoredAt: noon - day });
    const back = Object.entries(sinks).map(([name, sink]) => [name, { ...sink, restoredAt: noon - day }]);
    return { ...rest, sinks: Object.fromEntries(back), inUseAt: noon - day, ...over };
  };
  const plan = (over: Partial<Rotation>, more: Partial<RotationInput>) =>
    planOf('transit-token', {
      rotation: restored(over),
      ...holding({ first: 'old', second: 'old' }),
      consumers: [sight('payments', newest, 2)],
      ...more,
    });

  it('does not end while somebody uses it', () => {
    expect(plan({ usedAt: noon }, used(noon)).do).toBe('not-in-use');
    const { inUseAt: _inUseAt, ...unproven } = restored();
    const over = { ...holding({ first: 'old', second: 'old' }), consumers: [sight('payments', newest, 2)] };
    expect(
      planOf('transit-token', { rotation: { ...unproven, usedAt: noon }, ...over, ...used(noon) }),
    ).toMatchObject({
      do: 'wait',
      what: expect.stringContaining('somebody renewed the new one') as string,
    });
    expect(plan({}, used(newest - minute))).toMatchObject({ do: 'end-fresh', ref: '2' });
    expect(plan(word('back'), used(noon)).do).toBe('note-use');
  });

  it('is not used by our own renewal of it', () => {
    const renewed = (renewedAt: number) => ({ fresh: { ref: '2', renewedAt } });
    expect(plan(renewed(noon - 2 * minute), used(noon)).do).toBe('end-fresh');
    expect(plan(renewed(noon - 2 * minute - 1), used(noon)).do).toBe('note-use');
  });

  it('has ended: nothing is asked any more', () => {
    expect(plan({ reached: { retired: noon } }, { lastUsedAt: away }).do).toBe('finish');
  });
});
