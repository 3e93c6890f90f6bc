/** Rule 9 where nodes read a copy: until it has come, whoever starts may still read the one before. */
import { describe, expect, it } from 'vitest';
import type { Rotation } from '../../../shared/rotation/rotation.ts';
import { allFresh, delivered, holding, hour, inUse, minute, noon, planOf, policed, sight } from './inputs.ts';

const margin = 5_000;
/** When the last sink got it. */
const at = noon - hour;
/** When the copies of `second` have come. */
const settlesAt = at + 30 * minute;
const text = new Date(settlesAt).toISOString();
const copied = (over: Partial<Rotation> = {}): Rotation => {
  const rotation = delivered('transit-token');
  const second = { ...rotation.sinks['second'], settlesAt };
  return { ...rotation, sinks: { ...rotation.sinks, second }, ...over };
};
const word = (given: number, direction: Rotation['direction'] = 'forward') => ({
  confirmed: {
    by: 't/ada',
    byName: 'Ada',
    at: given,
    why: 'I looked',
    direction,
    nodes: ['payments/payments-0'],
  },
});
const startedAt = (when: number) => [sight('payments', when)];
const unseen = [sight('payments', undefined)];

describe('a new secret that is copied on its way', () => {
  it('is not in use by a restart after the delivery and before the copy, and the wait names the time', () => {
    expect(inUse(copied(), startedAt(settlesAt + margin))).toMatchObject({
      yes: false,
      what: `a restart of payments/payments-0 after ${text}, when its copy has come, to use the new one`,
      older: ['payments/payments-0'],
    });
    expect(inUse(copied(), startedAt(settlesAt + margin + 1))).toEqual({ yes: true });
  });

  it('is waited for by the plan, and the old one lives', () => {
    const given = { rotation: copied(), ...allFresh };
    const fleet = policed('payments', { graceMs: 0 });
    const plan = (when: number) =>
      planOf('transit-token', { ...given, consumers: startedAt(when), fleet }).do;
    expect([plan(settlesAt), plan(settlesAt + margin + 1)]).toEqual(['wait', 'in-use']);
  });

  it('is in use by a person’s word that was given after the copy came, no sooner; and the wait names the time', () => {
    expect(inUse(copied(word(settlesAt)), unseen)).toMatchObject({
      yes: false,
      what: `a person's word that payments/payments-0 restarted after ${text}, when its copy has come (their start times are not seen)`,
    });
    expect(inUse(copied(word(settlesAt + 1)), unseen)).toEqual({ yes: true });
  });

  it('is not in use before the seal’s own reference was seen to lead to it', () => {
    const verified = settlesAt + 10 * minute;
    const late = copied({ reached: { ...copied().reached, verified } });
    expect(inUse(late, startedAt(verified))).toMatchObject({
      yes: false,
      what: expect.stringContaining(new Date(verified).toISOString()) as string,
    });
    expect(inUse(late, startedAt(verified + margin + 1))).toEqual({ yes: true });
  });

  it('is not while a sink gets it again, whatever its copies of before were', () => {
    const { deliveredAt: _deliveredAt, ...second } = copied().sinks['second'] ?? {};
    const rotation = copied({ sinks: { ...copied().sinks, second } });
    expect(inUse(rotation, startedAt(noon))).toMatchObject({ yes: false });
  });

  it('counts from the last delivery where copies came sooner', () => {
    const first = { ...copied().sinks['first'], deliveredAt: noon - minute };
    const rotation = copied({ sinks: { ...copied().sinks, first } });
    expect(inUse(rotation, startedAt(noon - minute + margin))).toMatchObject({ yes: false });
    expect(inUse(rotation, startedAt(noon - minute + margin + 1))).toEqual({ yes: true });
  });
});

describe('an old secret, put back where copies are made', () => {
  const first = at - 1000;
  const back = copied({
    direction: 'back',
    restoredAt: at + minute,
    sinks: Object.fromEntries(
      Object.entries(copied().sinks).map(([name, sink]) => [name, { ...sink, restoredAt: at + minute }]),
    ),
  });

  it('is not in use by who started before its copy came', () => {
    expect(inUse(back, startedAt(settlesAt + margin))).toMatchObject({
      yes: false,
      what: `a restart of payments/payments-0 after ${text}, when its copy has come, to use the old one`,
    });
    expect(inUse(back, startedAt(settlesAt + margin + 1))).toEqual({ yes: true });
    expect(inUse({ ...back, ...word(settlesAt, 'back') }, unseen)).toMatchObject({ yes: false });
    expect(inUse({ ...back, ...word(settlesAt + 1, 'back') }, unseen)).toEqual({ yes: true });
  });

  it('is in use by who started before any sink had the new one; yet that lives while a copy may hold it', () => {
    const consumers = startedAt(first - margin - 1);
    expect(inUse(back, consumers)).toEqual({ yes: true });
    const plan = (now: number) =>
      planOf('transit-token', {
        rotation: { ...back, inUseAt: at + 2 * minute },
        fleet: policed('payments', { graceMs: 0 }),
        ...holding({ first: 'old', second: 'old' }),
        oldAtHand: true,
        consumers,
        now,
      });
    expect(plan(settlesAt - 1)).toMatchObject({
      do: 'wait',
      what: 'copies of the new one to be replaced by the old one',
      until: settlesAt,
    });
    expect(plan(settlesAt)).toMatchObject({ do: 'end-fresh', ref: '2' });
  });
});
