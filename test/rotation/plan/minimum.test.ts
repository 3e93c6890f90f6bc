/** Rule 11: how far the minimum of a transit key may be raised, and by whose word. */
import { describe, expect, it } from 'vitest';
import { entryOf } from '../../../shared/rotation/plan/approval.ts';
import { highestMinimum } from '../../../shared/rotation/plan/minimum.ts';
import type { RotationInput } from '../../../shared/rotation/plan/say.ts';
import type { Rotation } from '../../../shared/rotation/rotation.ts';
import { aRotationApproval, endedRotation } from '../../fakes/state/rotate-examples.ts';
import {
  anInput,
  approvedIn,
  day,
  fleetEntries,
  hour,
  minute,
  noon,
  planOf,
  policed,
  seen,
  sight,
  versioned,
  versions,
} from './inputs.ts';

/** Version 3 was made an hour ago, 2 ten days ago, 1 long before. */
const look = versions(400, 10, 1 / 24);
const both = ['payments', 'orders'];
const third = versioned('transit-key', { fresh: { ref: '3' }, consumers: both });
/** Version 2 was proven in use nine days ago. */
const second = endedRotation(
  versioned('transit-key', { fresh: { ref: '2' }, inUseAt: noon - 9 * day, consumers: both }),
);
/** Of both, or of one and the other. */
const kept = (...since: [number | undefined] | [number | undefined, number | undefined]) => {
  const over = (keptSince: number | undefined) => (keptSince === undefined ? {} : { keptSince });
  return policed('orders', over(since.at(-1)), policed('payments', over(since[0])));
};

function highest(over: Partial<RotationInput> = {}, rotation: Rotation = third): number | undefined {
  return highestMinimum(
    anInput('transit-key', {
      fleet: kept(noon - 5 * day),
      ...seen(look),
      consumers: [sight('payments', noon), sight('orders', noon)],
      earlier: [second],
      ...over,
    }),
    rotation,
  );
}

describe('the highest minimum', () => {
  it('is what was proven in use when the oldest kept snapshot was taken', () => {
    expect(highest()).toBe(2);
    expect(highest({ fleet: kept(noon - 9 * day) })).toBe(2);
    expect(highest({ fleet: kept(noon - 9 * day - 1) })).toBe(0);
  });

  it('is the newest, once no snapshot of before is kept', () => {
    expect(highest({ fleet: kept(noon) }, { ...third, inUseAt: noon - minute })).toBe(3);
  });

  it('goes by whoever keeps snapshots for longest', () => {
    expect(highest({ fleet: kept(noon - 5 * day, noon - 50 * day) })).toBe(0);
  });

  it('is never past what a consumer needs since its leader last changed', () => {
    const consumers = [sight('payments', noon), sight('orders', noon - 11 * day)];
    expect(highest({ consumers })).toBe(1);
  });

  it('counts a version only where a leader came clearly after it', () => {
    const orders = (since: number) =>
      highest({ consumers: [sight('orders', since)] }, { ...third, inUseAt: 0 });
    expect(orders(noon - hour + minute)).toBe(2);
    expect(orders(noon - hour + minute + 1)).toBe(3);
  });

  it.each<[string, Partial<RotationInput>]>([
    ['since when a consumer leads', { consumers: [sight('payments', noon), sight('orders', undefined)] }],
    ['since when snapshots of the one are kept', { fleet: kept(undefined, noon) }],
    ['since when snapshots of another are kept', { fleet: kept(noon, undefined) }],
    ['what versions there are', { look: { ok: false, code: 'denied', detail: 'no right' } }],
    ['which version was there first', { consumers: [sight('payments', noon - 500 * day)] }],
    ['who uses the key', { consumers: [] }],
    ['since when snapshots are kept, for that is yet to come', { fleet: kept(noon + 1, noon) }],
  ])('is unknown, and nothing is given up, where nobody knows %s', (_name, over) => {
    expect(highest(over)).toBeUndefined();
  });

  it.each<[string, Partial<Rotation>]>([
    [
      'only a person said so',
      { confirmed: { by: 't/ada', byName: 'Ada', at: noon, why: 'I looked', direction: 'forward' } },
    ],
    ['it was proven of another cluster', { consumers: ['payments'] }],
    ['it was rolled back', { direction: 'back' }],
  ])('takes no proof for snapshots where %s', (_name, over) => {
    expect(highest({ earlier: [{ ...second, ...over }] })).toBe(0);
  });

  it('takes no proof for snapshots from a rotation that never saw it in use', () => {
    const { inUseAt: _inUseAt, ...unproven } = second;
    expect(highest({ earlier: [unproven] })).toBe(0);
  });
});

describe('a minimum', () => {
  const rotation = { ...third, inUseAt: noon - 2 * day };
  const plan = (over: Partial<RotationInput> = {}) =>
    planOf('transit-key', {
      fleet: kept(noon - 5 * day),
      rotation,
      ...seen(look),
      consumers: [sight('payments', noon), sight('orders', noon)],
      earlier: [second],
      ...over,
    });
  const binding = {
    rotation: 'payments.first',
    cluster: 'payments',
    step: 'raise-minimum' as const,
    what: '2',
    fleetEntry: entryOf({ fleetEntries }, ['payments', 'orders']),
  };

  it('is raised by approval only', () => {
    expect(plan()).toMatchObject({ do: 'approval', binding, missing: 1 });
    expect(plan({ approvals: [aRotationApproval({ binding })] })).toMatchObject({
      do: 'raise-minimum',
      to: 2,
    });
    const another = aRotationApproval({ binding: { ...binding, what: '3' } });
    expect(plan({ approvals: [another] }).do).toBe('approval');
  });

  it('is raised by as many as any consumer asks for', () => {
    const fleet = approvedIn('orders', 2, kept(noon - 5 * day));
    expect(plan({ fleet })).toMatchObject({ do: 'approval', missing: 2, needed: 2 });
  });

  it('is not raised before the grace time is over', () => {
    const early = { ...rotation, inUseAt: noon - hour };
    expect(plan({ rotation: early, approvals: [aRotationApproval({ binding })] })).toMatchObject({
      what: 'the grace time',
    });
  });

  it.each<[string, Partial<RotationInput>]>([
    [
      'fleet.yaml does not ask for it',
      { fleet: policed('payments', { transitKey: { everyMs: day, raiseMinimum: false } }, kept(noon)) },
    ],
    ['it is as high already', seen({ ...look, minimum: 2 })],
    ['nobody knows what is needed', { fleet: kept(undefined) }],
    ['the first version is needed', { fleet: kept(noon - 50 * day) }],
  ])('stays, and the rotation ends, where %s', (_name, over) => {
    expect(plan(over)).toMatchObject({ do: 'finish', outcome: 'retired' });
  });

  it('that nobody approves in time keeps no rotation open', () => {
    const long = { requestedAt: noon - 20 * day, reached: { created: noon - 20 * day } };
    const asked = (inUseAt: number) =>
      plan({ rotation: { ...rotation, ...long, inUseAt, needs: { why: 'as told', binding, missing: 1 } } })
        .do;
    expect(asked(noon - 8 * day)).toBe('approval');
    expect(asked(noon - 8 * day - 1)).toBe('finish');
  });
});
