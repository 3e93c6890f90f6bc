/** Back, at any stage: every sink first, then every node, and the new one ends last. */
import { describe, expect, it } from 'vitest';
import type { Orphans, Rotation } from '../../../shared/rotation/rotation.ts';
import {
  anOpen,
  away,
  day,
  dead,
  delivered,
  holding,
  hour,
  minute,
  noon,
  planOf,
  policed,
  reading,
  seen,
  sight,
  versioned,
  withoutRotation,
} from './inputs.ts';

const back = (over: Partial<Rotation> = {}) => delivered('transit-token', { direction: 'back', ...over });
const atHand = { oldAtHand: true };

/** Every sink holds the old one again, since a minute. */
function restored(over: Partial<Rotation> = {}): Rotation {
  const rotation = back();
  const sinks = Object.entries(rotation.sinks).map(([name, record]) => [
    name,
    { ...record, restoredAt: noon - minute },
  ]);
  return { ...rotation, sinks: Object.fromEntries(sinks), restoredAt: noon - minute, ...over };
}

const allOld = holding({ first: 'old', second: 'old' });

describe('before any sink was given the new one', () => {
  it('there is nothing to undo where nothing was made', () => {
    const rotation = anOpen('transit-token', { direction: 'back' });
    expect(planOf('transit-token', { rotation })).toEqual({
      do: 'finish',
      outcome: 'rolled-back',
      summary: 'rolled back: nothing had been made',
      left: [],
    });
  });

  it('what was made ends at once', () => {
    const rotation = back({ stage: 'created', sinks: {} });
    expect(planOf('transit-token', { rotation })).toMatchObject({ do: 'end-fresh', ref: '2' });
    expect(planOf('transit-token', { rotation: { ...rotation, reached: { retired: noon } } })).toMatchObject({
      do: 'finish',
      summary: 'rolled back: the new one has ended',
    });
  });

  it.each<[string, Orphans, object]>([
    ['ends', { state: 'known', end: ['2'] }, { do: 'discard', refs: ['2'] }],
    ['is nothing', { state: 'known', end: [] }, { do: 'forget-creation' }],
    [
      'is a version, which stays',
      { state: 'adopt', fresh: { ref: '2' } } as const,
      { do: 'forget-creation' },
    ],
    ['is waited out', { state: 'unseen', until: noon + day, why: 'nobody may list' }, { until: noon + day }],
  ])('what a turn left that died %s', (_name, value, plan) => {
    const rotation = anOpen('transit-token', { direction: 'back', creating: { at: noon - minute } });
    expect(planOf('transit-token', { rotation, orphans: { ok: true, value } })).toMatchObject(plan);
    expect(planOf('transit-token', { rotation, orphans: away }).do).toBe('wait');
  });

  it('what cannot be seen is waited for only while somebody could still get hold of it', () => {
    const rotation = anOpen('transit-token', { direction: 'back', creating: { at: noon - minute } });
    const plan = (until: number, usableUntil?: number) => {
      const value = {
        state: 'unseen' as const,
        until,
        why: 'nobody may list',
        ...(usableUntil !== undefined && { usableUntil }),
      };
      return planOf('transit-token', { rotation, orphans: { ok: true, value } });
    };
    expect(plan(noon + day, noon + minute)).toMatchObject({ do: 'wait', until: noon + minute });
    expect(plan(noon + day, noon).do).toBe('forget-creation');
    expect(plan(noon).do).toBe('forget-creation');
  });

  it('a version of a key stays', () => {
    const rotation = versioned('transit-key', { direction: 'back' });
    expect(planOf('transit-key', { rotation })).toMatchObject({
      do: 'finish',
      summary: 'rolled back: version 2 stays, and does no harm: older versions decrypt as before',
    });
  });
});

describe('sinks', () => {
  it('that were given the new one get the old one, one by one, and no other', () => {
    const given = back({ stage: 'created', sinks: { first: { startedAt: noon }, second: {} } });
    expect(planOf('transit-token', { rotation: given, ...atHand })).toMatchObject({
      do: 'restore',
      sink: 'first',
    });
    const done = { first: { startedAt: noon, restoredAt: noon }, second: {} };
    expect(planOf('transit-token', { rotation: { ...given, sinks: done }, ...atHand }).do).toBe('restored');
  });

  it('are given it again where the new one landed late', () => {
    const held = holding({ first: 'old', second: 'fresh' });
    expect(planOf('transit-token', { rotation: restored(), ...held, ...atHand })).toMatchObject({
      do: 'restore',
      sink: 'second',
    });
  });

  it('are waited for where they cannot be read', () => {
    const held = { held: { first: away } };
    const plan = (rotation: Rotation) => planOf('transit-token', { rotation, ...held, ...atHand });
    // The others first.
    expect(plan(back())).toMatchObject({ do: 'restore', sink: 'second' });
    expect(plan(restored())).toMatchObject({ do: 'wait', what: 'reading sink first: nobody answers' });
  });

  it('that fail let the others go first', () => {
    const { sinks, ...rest } = back();
    const failing = { what: 'restore', code: 'denied' as const, message: '', since: noon, times: 1 };
    const rotation = { ...rest, failing, sinks: { ...sinks, first: { ...sinks['first'], startedAt: noon } } };
    expect(planOf('transit-token', { rotation, ...atHand })).toMatchObject({ do: 'restore', sink: 'second' });
  });

  it('are for people where no slot holds the old one', () => {
    const what = expect.stringContaining('put it into the sinks by hand') as unknown;
    expect(planOf('transit-token', { rotation: back() })).toMatchObject({ do: 'wait', what });
  });

  const { sinks = [] } =
    policed('payments', {}).clusters.find(({ name }) => name === 'payments')?.rotation ?? {};

  it('that are not in fleet.yaml any more keep what they were given alive', () => {
    const of = policed('payments', { sinks: sinks.filter(({ name }) => name !== 'second') });
    const rotation = restored({ inUseAt: noon - day });
    const consumers = [sight('payments', noon - 20, 2)];
    const left = [expect.stringMatching(/^2 was not ended: sink second/)];
    const over = { fleet: of, consumers, ...holding({ first: 'old' }), now: noon + hour };
    expect(planOf('transit-token', { rotation, ...over })).toMatchObject({
      do: 'finish',
      outcome: 'rolled-back',
      left,
    });
  });

  it('that are all gone end the rollback, and not what they hold', () => {
    expect(planOf('transit-token', { rotation: back(), fleet: withoutRotation('payments') })).toMatchObject({
      do: 'finish',
      left: [expect.stringContaining('first, second, hook')],
    });
  });
});

describe('what sinks hold again, and is dead', () => {
  const died = { ...seen(dead('it was revoked')), ...atHand };
  const waits = { consumers: [sight('payments', noon - 30 * minute, 2)] };
  const long = (over: Partial<Rotation> = {}) => {
    const sinks = Object.entries(restored().sinks).map(([name, record]) => [
      name,
      { ...record, restoredAt: noon - hour },
    ]);
    return restored({ sinks: Object.fromEntries(sinks), ...over });
  };

  it('is tried by whoever restores it once more: that turns forward where it is dead', () => {
    const plan = { do: 'restore', sink: 'first', why: 'what nodes would read does not work: it was revoked' };
    const rotation = long();
    expect(planOf('transit-token', { rotation, ...allOld, ...died, ...waits })).toEqual(plan);
    const inUse = long({ inUseAt: noon - minute });
    const over = { ...allOld, ...died, ...waits, ...reading({ payments: 'old' }) };
    expect(planOf('transit-token', { rotation: inUse, ...over })).toEqual(plan);
  });

  it('is not tried at once again, nor what a receiver has not brought yet, nor where nothing else is left', () => {
    const again = { rotation: restored(), ...allOld, ...died, ...waits };
    const soon = restored({ sinks: { first: { startedAt: noon - minute + 1, restoredAt: noon } } });
    expect(planOf('transit-token', { ...again, rotation: soon })).toMatchObject({
      do: 'wait',
      what: 'another look at what sinks hold: it was revoked',
      until: noon + 1,
    });
    expect(
      planOf('transit-token', { ...again, rotation: long(), ...reading({ payments: 'fresh' }) }),
    ).toMatchObject({
      do: 'wait',
    });
    const ended = long({ reached: { retired: noon } });
    expect(planOf('transit-token', { ...again, rotation: ended }).do).toBe('finish');
  });

  it('put there by another hand gives way to the old one', () => {
    const held = holding({ first: 'old', second: 'other' });
    const own = reading({ payments: 'other' });
    expect(planOf('transit-token', { rotation: long(), ...held, ...own, ...died, ...waits })).toMatchObject({
      do: 'restore',
      sink: 'second',
    });
  });
});

describe('nodes', () => {
  const older = { consumers: [sight('payments', noon - 30 * minute, 2)], ...allOld };
  const restarted = { consumers: [sight('payments', noon - 20, 2)], ...allOld };

  it('that started in between must restart', () => {
    expect(planOf('transit-token', { rotation: restored(), ...older })).toMatchObject({
      do: 'wait',
      what: 'a restart of payments/payments-0, payments/payments-1, to use the old one',
    });
    expect(planOf('transit-token', { rotation: restored({ inUseAt: noon }), ...older }).do).toBe(
      'not-in-use',
    );
  });

  it('all use the old one: the new one ends after the grace time', () => {
    expect(planOf('transit-token', { rotation: restored(), ...restarted }).do).toBe('in-use');
    const at = (inUseAt: number) =>
      planOf('transit-token', { rotation: restored({ inUseAt }), ...restarted });
    expect(at(noon - day + 1)).toMatchObject({ do: 'wait', what: 'the grace time', until: noon + 1 });
    expect(at(noon - day)).toMatchObject({ do: 'end-fresh', ref: '2' });
  });

  it('may still be given the new one by a write that lands late, without grace too', () => {
    const of = policed('payments', { graceMs: 0 });
    const at = (startedAt: number) => {
      const rotation = restored({ inUseAt: noon });
      const sinks = { ...rotation.sinks, second: { ...rotation.sinks['second'], startedAt } };
      return planOf('transit-token', { fleet: of, rotation: { ...rotation, sinks }, ...restarted });
    };
    expect(at(noon - 5 * minute + 1)).toMatchObject({
      do: 'wait',
      what: 'writes that may still land',
      until: noon + 1,
    });
    expect(at(noon - 5 * minute)).toMatchObject({ do: 'end-fresh' });
  });
});
