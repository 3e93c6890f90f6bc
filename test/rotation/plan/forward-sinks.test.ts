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

  it('is not what cannot be seen', () => {
    const rotation = delivered('transit-token', { stage: 'delivered' });
    expect(planOf('transit-token', { rotation, ...allFresh, look: away }).do).toBe('verify');
  });
});
