/** Forward, stage by stage: what is made, tried, delivered, read back, and ended last. */
import { describe, expect, it } from 'vitest';
import type { RotationInput } from '../../../shared/rotation/plan/say.ts';
import type { Orphans, Rotation, RotationFailure } from '../../../shared/rotation/rotation.ts';
import {
  allFresh,
  anOpen,
  away,
  day,
  dead,
  delivered,
  hour,
  minute,
  noon,
  planOf,
  seen,
  sight,
  versioned,
  works,
} from './inputs.ts';

const fresh = { ref: '2', madeAt: noon - minute, fingerprint: 'f'.repeat(32) };
const left = (value: Orphans) => ({ orphans: { ok: true, value } as const });
const made = (over: Partial<Rotation> = {}) =>
  anOpen('transit-token', {
    stage: 'created',
    creating: { at: noon - minute },
    fresh,
    reached: { due: noon - hour, created: noon - minute },
    ...over,
  });
const atHand = { freshAtHand: true };

describe('at stage due', () => {
  it('one is made', () => {
    expect(planOf('transit-token', { rotation: anOpen('transit-token') }).do).toBe('create');
  });

  it('it waits while the one in use cannot be seen', () => {
    expect(planOf('transit-token', { rotation: anOpen('transit-token'), look: away })).toMatchObject({
      do: 'wait',
      what: 'seeing it: nobody answers',
    });
  });

  it('what this turn made is kept', () => {
    expect(planOf('transit-token', { rotation: anOpen('transit-token', { fresh }), ...atHand }).do).toBe(
      'stage',
    );
  });

  it('what was made in a turn that died with its value ends', () => {
    expect(planOf('transit-token', { rotation: anOpen('transit-token', { fresh }) })).toMatchObject({
      do: 'discard',
      refs: ['2'],
    });
  });

  it("a key's version has no value that could be lost", () => {
    expect(planOf('transit-key', { rotation: anOpen('transit-key', { fresh: { ref: '2' } }) }).do).toBe(
      'stage',
    );
  });
});

describe('after a creation whose turn died', () => {
  const rotation = anOpen('transit-token', { creating: { at: noon - minute } });

  it.each<[string, Orphans, object]>([
    ['nothing was made: it begins again', { state: 'known', end: [] }, { do: 'forget-creation' }],
    ['what was made ends', { state: 'known', end: ['2', '3'] }, { do: 'discard', refs: ['2', '3'] }],
    ['what is as good as any is gone on with', { state: 'adopt', fresh }, { do: 'adopt', fresh }],
    [
      'what cannot be seen is waited out, and that is not overdue',
      { state: 'unseen', until: noon + 30 * day, why: 'nobody may list' },
      { do: 'wait', until: noon + 30 * day, overdueAt: noon + 30 * day },
    ],
  ])('%s', (_name, value, plan) => {
    expect(planOf('transit-token', { rotation, ...left(value) })).toMatchObject(plan);
  });

  it('what cannot be seen is over by then: it begins again', () => {
    const unseen: Orphans = { state: 'unseen', until: noon, why: 'nobody may list' };
    expect(planOf('transit-token', { rotation, ...left(unseen) }).do).toBe('forget-creation');
  });

  it('a repair waits only until nobody can get hold of it, another rotation until it has ended', () => {
    const plan = (usableUntil: number, repairs: boolean, over: Partial<RotationInput> = {}) =>
      planOf('transit-token', {
        ...over,
        rotation: { ...rotation, repairs },
        ...left({ state: 'unseen', until: noon + 30 * day, usableUntil, why: 'nobody may list' }),
      });
    expect(plan(noon + minute, true)).toMatchObject({ do: 'wait', until: noon + minute });
    expect(plan(noon, true)).toEqual({
      do: 'forget-creation',
      why: 'nobody can get hold of what a turn may have made that died: nobody may list',
    });
    expect(plan(noon, false)).toMatchObject({ do: 'wait', until: noon + 30 * day });
    // The one in use died since it began.
    expect(plan(noon, false, seen(dead())).do).toBe('forget-creation');
  });

  it('it waits where nobody tells what was made', () => {
    expect(planOf('transit-token', { rotation, orphans: away }).do).toBe('wait');
  });
});

describe('at stage created', () => {
  it('it is tried before any sink gets it', () => {
    expect(planOf('transit-token', { rotation: made(), ...atHand }).do).toBe('try');
  });

  describe('what does not work', () => {
    /** It says so since then. */
    const notYet = (since: number) => ({
      waiting: { what: 'the new one to begin to work: AADSTS7000215', since, until: noon, overdueAt: noon },
    });
    const at = (created: number, over: Partial<Rotation> = {}) =>
      planOf('transit-token', {
        rotation: made({ reached: { created }, ...notYet(created), ...over }),
        ...atHand,
      }).do;
    const failing = (code: RotationFailure, what = 'try') => ({
      failing: { what, code, message: 'as told', since: noon - hour, times: 9 },
    });

    it('yet ends after 20 minutes of that, where no sink was given it', () => {
      expect(at(noon - 20 * minute)).toBe('try');
      expect(at(noon - 20 * minute - 1)).toBe('discard');
      expect(at(noon - hour, { sinks: { first: { startedAt: noon - hour } } })).toBe('try');
      expect(at(noon - hour, notYet(noon - 20 * minute))).toBe('try');
    });

    it('any more ends at once, unless a sink was given it', () => {
      expect(at(noon, failing('dead'))).toBe('discard');
      expect(at(noon, { ...failing('dead', 'deliver'), triedAt: noon })).toBe('discard');
      const given = { sinks: { first: { startedAt: noon - hour } } };
      expect(at(noon, { ...failing('dead'), ...given })).toBe('try');
      // Of one that was discarded before it.
      expect(at(noon, { ...failing('dead', 'discard'), discards: 1 })).toBe('try');
    });

    it.each(['denied', 'throttled', 'unreachable', 'sealed', 'odd'] as const)(
      'for a reason that is not in it (%s) is tried on: another would fare no better',
      (code) => {
        expect(at(noon - day, failing(code))).toBe('try');
      },
    );

    it('though nobody tried it for long is tried first', () => {
      const what = 'the end of recovery payments.one';
      const waiting = { what, since: noon - day, until: noon, overdueAt: noon };
      expect(at(noon - day, { waiting })).toBe('try');
    });

    it('twice is told, and made anew once a day: the cause is not in what was made', () => {
      const again = (discards: number, over: Partial<Rotation> = {}) =>
        planOf('transit-token', {
          rotation: anOpen('transit-token', { discards, ...failing('not-yet', 'discard'), ...over }),
        });
      const what = 'a day to pass before another is made: 2 never worked, and were ended again: as told';
      const waiting = (until: number) => ({ waiting: { what, since: noon - day, until, overdueAt: noon } });
      expect(again(1).do).toBe('create');
      expect(again(2)).toMatchObject({ do: 'wait', what, until: noon + day });
      expect(again(2, waiting(noon + 1))).toMatchObject({ do: 'wait', until: noon + 1 });
      expect(again(2, waiting(noon)).do).toBe('create');
      expect(again(3, waiting(noon))).toMatchObject({ do: 'wait', until: noon + day });
      expect(again(2, failing('unreachable', 'create')).do).toBe('create');
    });
  });

  it("Entra's other replicas get a minute, other providers have none", () => {
    const rotation = {
      ...made({ triedAt: noon - minute + 1 }),
      kind: 'entra-secret',
      cluster: 'cards',
    } as const;
    expect(planOf('entra-secret', { rotation, ...atHand })).toMatchObject({ do: 'wait', until: noon + 1 });
    expect(planOf('entra-secret', { rotation: { ...rotation, triedAt: noon - minute }, ...atHand }).do).toBe(
      'deliver',
    );
    expect(planOf('transit-token', { rotation: made({ triedAt: noon }), ...atHand }).do).toBe('deliver');
  });

  it('sinks are delivered to one by one, notices after what they tell of', () => {
    const sink = (sinks: Rotation['sinks']) =>
      planOf('transit-token', { rotation: made({ triedAt: noon, sinks }), ...atHand });
    const done = { startedAt: noon, deliveredAt: noon };
    expect(sink({})).toMatchObject({ do: 'deliver', sink: 'first' });
    expect(sink({ first: { startedAt: noon } })).toMatchObject({ sink: 'first' });
    expect(sink({ first: done })).toMatchObject({ sink: 'second' });
    expect(sink({ first: done, second: done })).toMatchObject({ sink: 'hook' });
    expect(sink({ first: done, second: done, hook: done }).do).toBe('delivered');
  });

  it('a key has no sink', () => {
    const rotation = versioned('transit-key', { stage: 'created' });
    expect(planOf('transit-key', { rotation }).do).toBe('delivered');
  });
});

describe('a value that no slot holds any more', () => {
  const lost = (over: Partial<Rotation>, held = {}) =>
    planOf('transit-token', { rotation: made(over), ...held });

  it('is waited for while the write of it may still land', () => {
    expect(lost({ reached: { created: noon - 5 * minute + 1 } })).toMatchObject({
      do: 'wait',
      until: noon + 1,
    });
    expect(lost({ reached: { created: noon - 5 * minute } })).toMatchObject({ do: 'discard', refs: ['2'] });
  });

  it('is not given up while a sink cannot be read', () => {
    const held = { held: { first: away } };
    expect(lost({ reached: { created: noon - hour } }, held)).toMatchObject({
      do: 'wait',
      what: 'reading sink first, to learn what it holds',
    });
  });

  it('is never ended where a sink was given it', () => {
    const plan = lost({
      reached: { created: noon - hour },
      triedAt: noon - hour,
      sinks: { first: { startedAt: noon - hour } },
    });
    expect(plan).toMatchObject({ do: 'wait', what: expect.stringContaining('roll back') as unknown });
  });
});

describe('at stage verified', () => {
  const restarted = { consumers: [sight('payments', noon - minute, 2)], ...allFresh };
  const rotation = delivered('transit-token');

  it('it waits for restarts, by name', () => {
    const consumers = [sight('payments', noon - day, 2)];
    expect(planOf('transit-token', { rotation, ...allFresh, consumers })).toMatchObject({
      do: 'wait',
      what: 'a restart of payments/payments-0, payments/payments-1, to use the new one',
    });
  });

  it('the grace time runs from the first proof on, to its end', () => {
    expect(planOf('transit-token', { rotation, ...restarted }).do).toBe('in-use');
    const at = (inUseAt: number) =>
      planOf('transit-token', { rotation: { ...rotation, inUseAt }, ...restarted });
    expect(at(noon - day + 1)).toMatchObject({ do: 'wait', what: 'the grace time', until: noon + 1 });
    expect(at(noon - day)).toMatchObject({ do: 'end-old', ref: '1' });
  });

  it('the proof does not hold for a node that is seen to run since before', () => {
    const consumers = [sight('payments', noon - day, 2)];
    const plan = planOf('transit-token', {
      rotation: { ...rotation, inUseAt: noon },
      ...allFresh,
      consumers,
    });
    expect(plan.do).toBe('not-in-use');
  });

  it("people's own is left, and what there is for people is told", () => {
    const theirs = { ...rotation, inUseAt: noon - day, old: { ref: '1', ours: false } };
    const look = { ...works(), foreign: ["ref-1 is people's own"] };
    expect(planOf('transit-token', { rotation: theirs, ...restarted, ...seen(look) })).toEqual({
      do: 'finish',
      outcome: 'retired',
      summary: "every node uses the new one; the one before is people's own, and was left: end it by hand",
      left: ["ref-1 is people's own"],
    });
  });

  it('once the old one has ended, it is finished', () => {
    expect(
      planOf('transit-token', { rotation: { ...rotation, stage: 'retired' }, ...restarted }),
    ).toMatchObject({
      do: 'finish',
      summary: 'every node uses the new one; the one before has ended',
    });
  });

  it('no version of a key is ever ended', () => {
    const key = versioned('keyvault-key', { inUseAt: noon - day });
    const plan = planOf('keyvault-key', { rotation: key, consumers: [sight('cards', noon)] });
    expect(plan).toMatchObject({
      do: 'finish',
      summary: 'every consumer wraps with version 2; older versions stay (rule 11)',
    });
  });
});
