/** Rule 9: nothing that nodes read, or are about to, ends while it waits. */
import { describe, expect, it } from 'vitest';
import type { RotationInput } from '../../../shared/rotation/plan/say.ts';
import type { Rotation } from '../../../shared/rotation/rotation.ts';
import {
  allFresh,
  anOpen,
  asked,
  day,
  dead,
  delivered,
  hour,
  noon,
  planOf,
  reading,
  seen,
  withoutRotation,
  works,
} from './inputs.ts';

/** Half of its life is over, and it is renewed for the whole of it. */
const late = (over: Parameters<typeof works>[0] = {}) =>
  seen(works({ ref: '2', renewable: true, lifeMs: 2 * day, endsAt: noon + day, ...over }));
const recovery = { why: 'the end of recovery payments.one', evenRepairs: false };
const hold = { why: 'the end of a hold on payments', evenRepairs: true };
const current = {
  do: 'renew',
  which: 'current',
  why: 'half of its life is over, and a renewal is enough',
} as const;

describe('what the next restart would read is renewed', () => {
  it.each<[string, Rotation]>([
    ['before one is made', anOpen('transit-token')],
    ['while one is tried', anOpen('transit-token', { stage: 'created', fresh: { ref: '3' } })],
    ['while it waits for restarts', delivered('transit-token')],
    ['on the way back', delivered('transit-token', { direction: 'back' })],
  ])('%s, also under a recovery or on hold', (_name, rotation) => {
    for (const blocked of [[], [recovery], [hold]])
      expect(planOf('transit-token', { rotation, ...late(), blocked })).toEqual(current);
  });

  it('though fleet.yaml asks for no rotation any more', () => {
    const over = { fleet: withoutRotation('payments'), rotation: delivered('transit-token') };
    expect(planOf('transit-token', { ...over, ...late() })).toEqual(current);
  });

  it.each<[string, Partial<RotationInput>]>([
    ['half of its life is left', late({ endsAt: noon + day + 1 })],
    ['no renewal puts its end off', late({ renewable: false })],
    ['it does not end', seen({ current: { state: 'works', renewable: true }, ours: [], foreign: [] })],
    ['it is dead', seen(dead())],
  ])('not where %s', (_name, over) => {
    const rotation = delivered('transit-token');
    expect(planOf('transit-token', { rotation, ...allFresh, ...over }).do).not.toBe('renew');
  });

  it('also where nothing is open, on hold, and where what is due instead must wait', () => {
    expect(planOf('transit-token', { ...late(), blocked: [hold] })).toEqual(current);
    const unfit = late({ unfit: 'it may do more than its seal needs' });
    expect(planOf('transit-token', unfit).do).toBe('open');
    expect(planOf('transit-token', { ...unfit, blocked: [recovery] })).toEqual(current);
    expect(planOf('transit-token', { ...unfit, ...asked, blocked: [recovery] })).toMatchObject({
      do: 'refuse',
    });
  });
});

describe('what is staged is renewed', () => {
  /** Made a day ago, for two. */
  const fresh = { ref: '3', madeAt: noon - day, endsAt: noon + day, fingerprint: 'f'.repeat(32) };
  const staged = (over: Partial<Rotation> = {}) => {
    const reached = { due: noon - day, created: noon - day };
    return anOpen('transit-token', { stage: 'created', fresh, triedAt: noon - day, reached, ...over });
  };
  const plan = (over: Partial<Rotation> = {}, more: Partial<RotationInput> = {}) =>
    planOf('transit-token', { rotation: staged(over), freshAtHand: true, ...more });
  const ofFresh = {
    do: 'renew',
    which: 'fresh',
    why: 'half of its life is over, and no node renews it yet',
  } as const;

  it('while it waits for its delivery, also under a recovery or on hold', () => {
    for (const blocked of [[], [recovery], [hold]]) expect(plan({}, { blocked })).toEqual(ofFresh);
    expect(plan({ fresh: { ...fresh, endsAt: noon + day + 1 } }).do).toBe('deliver');
  });

  it('its life counts from its last renewal', () => {
    const renewed = (renewedAt: number) => plan({ fresh: { ...fresh, endsAt: noon + day, renewedAt } }).do;
    expect([renewed(noon - day), renewed(noon - day + 1)]).toEqual(['renew', 'deliver']);
  });

  it('while sinks hold it and the next restart reads another yet', () => {
    const over = { ...delivered('transit-token'), fresh };
    const before = { ...seen(works({ ref: '1' })), ...allFresh, ...reading({ payments: 'old' }) };
    expect(plan(over, before)).toEqual(ofFresh);
    // Then it is the one in use, whose life its provider shows.
    const read = { ...seen(works({ ref: '3' })), ...allFresh, ...reading({ payments: 'fresh' }) };
    expect(plan(over, read)).toMatchObject({ do: 'wait' });
  });

  it.each<[string, Partial<Rotation>, Partial<RotationInput>]>([
    ['nobody has its value', {}, { freshAtHand: false }],
    ['it is about to end', { direction: 'back' }, {}],
    ['it does not end', { fresh: { ref: '3', madeAt: noon - day } }, {}],
    ['fleet.yaml names another provider', {}, { credential: 'token of payments at root2' }],
  ])('not where %s', (_name, over, more) => {
    expect(plan(over, more).do).not.toBe('renew');
  });

  it('not where it is a client secret', () => {
    const rotation = { ...staged({ triedAt: noon - hour }), kind: 'entra-secret', cluster: 'cards' } as const;
    expect(planOf('entra-secret', { rotation, freshAtHand: true }).do).toBe('deliver');
  });
});
