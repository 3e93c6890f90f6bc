/** Forward, where sinks change under an open rotation, or what they hold stops working. */
import { describe, expect, it } from 'vitest';
import {
  allFresh,
  anOpen,
  away,
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
  withoutRotation,
} from './inputs.ts';

const made = anOpen('transit-token', {
  stage: 'created',
  creating: { at: noon - minute },
  fresh: { ref: '2', madeAt: noon - minute, fingerprint: 'f'.repeat(32) },
  reached: { due: noon - hour, created: noon - minute },
  triedAt: noon,
});

describe('sinks that change under an open rotation', () => {
  const { sinks } = policed('payments', {}).clusters.find(({ name }) => name === 'payments')?.rotation ?? {
    sinks: [],
  };

  it('one that was taken out of fleet.yaml stops it, by name', () => {
    const of = policed('payments', { sinks: sinks.filter(({ name }) => name !== 'second') });
    const what = expect.stringContaining('sink second was taken out of fleet.yaml') as unknown;
    expect(
      planOf('transit-token', { fleet: of, rotation: delivered('transit-token'), ...allFresh }),
    ).toMatchObject({
      do: 'wait',
      what,
    });
    expect(planOf('transit-token', { fleet: of, rotation: made, freshAtHand: true }).do).toBe('deliver');
    // What the others hold is dead: they get back what works.
    const died = { ...allFresh, ...reading({ payments: 'fresh' }), ...seen(dead()) };
    const rotation = delivered('transit-token');
    expect(planOf('transit-token', { fleet: of, rotation, ...died }).do).toBe('turn-back');
    const none = withoutRotation('payments');
    expect(planOf('transit-token', { fleet: none, rotation, ...died }).do).toBe('wait');
  });

  it('one that cannot be read keeps nothing from the others', () => {
    const { sinks: records, ...rest } = delivered('transit-token');
    const changed = { ...records, second: { ...records['second'], changedAt: noon - 2 * hour } };
    const held = { first: away, second: { ok: true, value: 'other' } as const };
    const plan = (over: typeof records) =>
      planOf('transit-token', { rotation: { ...rest, sinks: over }, held });
    expect(plan(records)).toMatchObject({ do: 'note-change', sink: 'second' });
    expect(plan(changed)).toMatchObject({ do: 'deliver', sink: 'second' });
  });

  it('none, where fleet.yaml asks for no rotation any more', () => {
    const of = withoutRotation('payments');
    const what = 'fleet.yaml does not ask for this rotation any more: put it back, or roll back';
    expect(planOf('transit-token', { fleet: of, rotation: delivered('transit-token') })).toMatchObject({
      what,
    });
  });

  it.each(['delivered', 'verified'] as const)('one that is new gets it, at stage %s', (stage) => {
    const of = policed('payments', {
      sinks: [...sinks, { name: 'third', kind: 'file', path: '/sinks/third', withinMs: 0 }],
    });
    const rotation = delivered('transit-token', { stage });
    expect(planOf('transit-token', { fleet: of, rotation, ...allFresh })).toMatchObject({
      do: 'deliver',
      sink: 'third',
    });
  });

  it.each(['old', 'other', 'nothing'] as const)(
    'what another hand put there (%s) stays for an hour',
    (what) => {
      const at = (changedAt: number | undefined) => {
        const rotation = delivered('transit-token');
        const record = { ...rotation.sinks['second'], ...(changedAt !== undefined && { changedAt }) };
        return planOf('transit-token', {
          rotation: { ...rotation, sinks: { ...rotation.sinks, second: record } },
          ...holding({ first: 'fresh', second: what }),
        });
      };
      expect(at(undefined)).toMatchObject({ do: 'note-change', sink: 'second' });
      expect(at(noon - hour + 1)).toMatchObject({
        do: 'wait',
        what: expect.stringContaining('sink second, which another hand changed') as unknown,
        until: noon + 1,
      });
      expect(at(noon - hour)).toMatchObject({ do: 'deliver', sink: 'second' });
    },
  );

  it('what another hand changed, and changed back, counts as given now: who started meanwhile read something else', () => {
    const rotation = delivered('transit-token');
    const second = { ...rotation.sinks['second'], changedAt: noon - 1 };
    const plan = planOf('transit-token', {
      rotation: { ...rotation, sinks: { ...rotation.sinks, second } },
      ...holding({ first: 'fresh', second: 'fresh' }),
    });
    expect(plan).toMatchObject({ do: 'deliver', sink: 'second' });
  });

  it('one that cannot be read is waited for', () => {
    const held = { held: { ...allFresh.held, second: away } };
    expect(planOf('transit-token', { rotation: delivered('transit-token'), ...held })).toMatchObject({
      do: 'wait',
      what: 'reading sink second: nobody answers',
    });
  });
});

describe('what does not work any more', () => {
  it.each(['delivered', 'verified'] as const)('gives way to the one before, at stage %s', (stage) => {
    const rotation = delivered('transit-token', { stage });
    expect(planOf('transit-token', { rotation, ...allFresh, ...seen(dead()) })).toEqual({
      do: 'turn-back',
      why: 'the new one does not work any more: it was revoked',
    });
  });

  it('is the end, where there was none before', () => {
    const { old: _old, ...rotation } = delivered('transit-token');
    expect(planOf('transit-token', { rotation, ...allFresh, ...seen(dead()) })).toMatchObject({
      do: 'finish',
      outcome: 'failed',
    });
  });

  const given = { sinks: { first: { startedAt: noon - hour, deliveredAt: noon - hour } } };
  const half = { rotation: { ...made, ...given }, freshAtHand: true };

  it('is given to no other sink, once one has it', () => {
    const over = { ...half, ...seen(dead()) };
    expect(planOf('transit-token', { ...over, ...reading({ payments: 'fresh' }) })).toMatchObject({
      do: 'turn-back',
    });
    // The next restart still reads the old one: that died, and the new one is what is needed.
    for (const what of ['old', 'other'] as const)
      expect(planOf('transit-token', { ...over, ...reading({ payments: what }) })).toMatchObject({
        do: 'deliver',
        sink: 'second',
      });
    const plan = planOf('transit-token', { rotation: made, freshAtHand: true, ...seen(dead()) });
    expect(plan.do).toBe('deliver');
  });

  it.each(['deliver', 'verify'])('is what it was when it was last tried, to %s', (what) => {
    const failing = { what, code: 'dead' as const, message: 'not known', since: noon, times: 1 };
    const { old: _old, ...none } = half.rotation;
    expect(planOf('transit-token', { ...half, rotation: { ...half.rotation, failing } })).toEqual({
      do: 'turn-back',
      why: 'the new one does not work any more: not known',
    });
    expect(planOf('transit-token', { ...half, rotation: { ...none, failing } })).toMatchObject({
      do: 'finish',
      outcome: 'failed',
    });
    const away = { ...failing, code: 'unreachable' as const };
    expect(planOf('transit-token', { ...half, rotation: { ...half.rotation, failing: away } }).do).toBe(
      'deliver',
    );
  });

  it('gives way also while another sink cannot be read', () => {
    const held = { held: { ...allFresh.held, second: away } };
    const over = { ...held, ...reading({ payments: 'fresh' }), ...seen(dead()) };
    expect(planOf('transit-token', { rotation: delivered('transit-token'), ...over }).do).toBe('turn-back');
  });

  it('gives way also while a recovery runs: to put back what works is a repair', () => {
    const recovery = { why: 'the end of recovery payments.one', evenRepairs: false };
    const hold = { why: 'the end of a hold on payments', evenRepairs: true };
    const rotation = delivered('transit-token');
    const over = { ...allFresh, ...seen(dead()) };
    expect(planOf('transit-token', { rotation, ...over, blocked: [recovery] }).do).toBe('turn-back');
    expect(planOf('transit-token', { rotation, ...over, blocked: [recovery, hold] })).toMatchObject({
      do: 'wait',
      what: hold.why,
    });
    expect(planOf('transit-token', { rotation, ...allFresh, blocked: [recovery] })).toMatchObject({
      do: 'wait',
      what: recovery.why,
    });
    // Forward again, for the one before is dead: only the new one works.
    const { old: _old, ...only } = half.rotation;
    expect(planOf('transit-token', { ...half, rotation: only, blocked: [recovery] }).do).toBe('deliver');
    expect(planOf('transit-token', { ...half, blocked: [recovery] }).do).toBe('wait');
  });

  it('is not what cannot be seen', () => {
    const rotation = delivered('transit-token', { stage: 'delivered' });
    expect(planOf('transit-token', { rotation, ...allFresh, look: away }).do).toBe('verify');
  });
});
