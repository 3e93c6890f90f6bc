/** Approved step-downs, whose approvals count, and for how long. */
import { describe, expect, it } from 'vitest';
import { entryOf } from '../../../shared/rotation/plan/approval.ts';
import type { RotationInput } from '../../../shared/rotation/plan/say.ts';
import type { RotationApproval } from '../../../shared/rotation/rotation.ts';
import { aRotationApproval } from '../../fakes/state/rotate-examples.ts';
import {
  approvedIn,
  day,
  fleetEntries,
  hour,
  minute,
  noon,
  planOf,
  policed,
  sight,
  versioned,
} from './inputs.ts';

const rotation = versioned('transit-key', { consumers: ['payments', 'orders'] });
const lagging = [sight('payments', noon - day, 2), sight('orders', noon - day)];
const optedIn = policed('orders', { stepDown: true });
const bothOptedIn = policed('payments', { stepDown: true }, optedIn);
const plan = (over: Partial<RotationInput> = {}) =>
  planOf('transit-key', { fleet: optedIn, rotation, consumers: lagging, ...over });

const binding = {
  rotation: 'payments.first',
  cluster: 'payments',
  step: 'step-down' as const,
  what: 'orders',
  fleetEntry: entryOf({ fleetEntries }, ['payments', 'orders']),
};
const by = (person: string, over: Partial<RotationApproval> = {}) =>
  aRotationApproval({ binding, by: person, ...over });

describe('a step-down', () => {
  it('is asked for only of consumers that opted in', () => {
    expect(planOf('transit-key', { rotation, consumers: lagging })).toMatchObject({ do: 'wait' });
    expect(plan()).toMatchObject({ do: 'approval', binding, missing: 1 });
  });

  it('is never asked for a secret: its nodes read it when they start', () => {
    const secret = { ...rotation, kind: 'transit-token' as const, sinks: {}, old: { ref: '1', ours: true } };
    expect(planOf('transit-token', { fleet: bothOptedIn, rotation: secret, consumers: lagging }).do).not.toBe(
      'approval',
    );
  });

  it('is not asked for a leader that nobody sees', () => {
    const consumers = [sight('payments', noon), sight('orders', undefined)];
    expect(plan({ consumers })).toMatchObject({
      do: 'wait',
      what: expect.stringContaining("a person's word") as unknown,
    });
  });

  it('is done once it is approved', () => {
    expect(plan({ approvals: [by('t/bob')] })).toMatchObject({ do: 'step-down', consumer: 'orders' });
  });

  it('is one at a time', () => {
    expect(plan({ fleet: bothOptedIn })).toMatchObject({ do: 'approval', binding: { what: 'payments' } });
    const waiting = { ...rotation, steppedDown: { payments: noon - minute } };
    expect(plan({ fleet: bothOptedIn, rotation: waiting, approvals: [by('t/bob')] })).toMatchObject({
      do: 'wait',
      what: 'payments, which was told to step down, to have a new active node',
    });
    const consumers = [sight('payments', noon), sight('orders', noon - day)];
    expect(
      plan({ fleet: bothOptedIn, rotation: waiting, consumers, approvals: [by('t/bob')] }),
    ).toMatchObject({
      do: 'step-down',
      consumer: 'orders',
    });
  });

  it('waits until a word of before, which its active node gave the lie to, is void', () => {
    const confirmed = {
      by: 't/ada',
      byName: 'Ada',
      at: noon - minute,
      why: 'I looked',
      direction: 'forward' as const,
      nodes: ['orders'],
    };
    expect(plan({ rotation: { ...rotation, confirmed } })).toMatchObject({ do: 'wait', voids: ['orders'] });
  });

  it('is tried again after half an hour, not before', () => {
    const told = (at: number) =>
      plan({ rotation: { ...rotation, steppedDown: { orders: at } }, approvals: [by('t/bob')] }).do;
    expect(told(noon - 30 * minute + 1)).toBe('wait');
    expect(told(noon - 30 * minute)).toBe('step-down');
  });

  it('uses its approval up: another one is asked for again', () => {
    const told = { ...rotation, steppedDown: { orders: noon - 31 * minute } };
    const before = by('t/bob', { at: noon - 32 * minute, expiresAt: noon + 28 * minute });
    expect(plan({ rotation: told, approvals: [before] })).toMatchObject({ do: 'approval', binding });
  });
});

describe('an approval', () => {
  const two = { fleet: approvedIn('payments', 2, optedIn), rotation: { ...rotation, by: 't/ada' } };

  it('of whoever asked counts where one is enough', () => {
    expect(plan({ rotation: two.rotation, approvals: [by('t/ada')] }).do).toBe('step-down');
  });

  it('is needed of two others, where two are asked for', () => {
    const missing = (...people: string[]) => plan({ ...two, approvals: people.map((person) => by(person)) });
    expect(missing()).toMatchObject({ do: 'approval', missing: 2 });
    expect(missing('t/bob')).toMatchObject({ missing: 1 });
    expect(missing('t/bob', 't/bob')).toMatchObject({ missing: 1 });
    expect(missing('t/bob', 't/ada')).toMatchObject({ missing: 1 });
    expect(missing('t/bob', 't/eve')).toMatchObject({ do: 'step-down' });
  });

  const twoInOrders = { fleet: approvedIn('orders', 2, optedIn), rotation: two.rotation };

  it('is needed of as many as the cluster asks for that steps down', () => {
    expect(plan(twoInOrders)).toMatchObject({ do: 'approval', missing: 2, needed: 2 });
    expect(plan({ ...twoInOrders, approvals: [by('t/ada'), by('t/bob')] })).toMatchObject({ missing: 1 });
    expect(plan({ ...twoInOrders, approvals: [by('t/eve'), by('t/bob')] }).do).toBe('step-down');
  });

  it.each(['payments', 'orders'])(
    'of before the fleet.yaml entry of %s changed counts for nothing',
    (name) => {
      const changed = { fleetEntries: { ...fleetEntries, [name]: 'd'.repeat(64) } };
      expect(plan({ ...changed, approvals: [by('t/bob')] }).do).toBe('approval');
    },
  );

  it('stays where an entry changes of a cluster that does not step down', () => {
    const changed = { fleetEntries: { ...fleetEntries, cards: 'd'.repeat(64) } };
    expect(plan({ ...changed, approvals: [by('t/bob')] }).do).toBe('step-down');
  });

  it('lasts for an hour, whatever its row says', () => {
    const at = (time: number, expiresAt = noon + day) =>
      plan({ approvals: [by('t/bob', { at: time, expiresAt })] }).do;
    expect(at(noon - hour + 1)).toBe('step-down');
    expect(at(noon - hour)).toBe('approval');
    expect(at(noon - minute, noon)).toBe('approval');
  });

  it('of a time that has not come counts for nothing', () => {
    const at = (time: number) => plan({ approvals: [by('t/bob', { at: time, expiresAt: noon + day })] }).do;
    expect(at(noon + minute)).toBe('step-down');
    expect(at(noon + minute + 1)).toBe('approval');
  });

  it.each([
    ['another rotation', { rotation: 'payments.other' }],
    ['another cluster', { cluster: 'orders' }],
    ['another step', { step: 'raise-minimum' as const }],
    ['another consumer', { what: 'payments' }],
    ['another fleet.yaml entry', { fleetEntry: 'd'.repeat(64) }],
  ])('of %s counts for nothing', (_name, over) => {
    expect(plan({ approvals: [by('t/bob', { binding: { ...binding, ...over } })] }).do).toBe('approval');
  });
});
