/** When a token or a secret is due, and what answers a person who asks for a new one. */
import { describe, expect, it } from 'vitest';
import type { Rotation } from '../../../shared/rotation/rotation.ts';
import { endedRotation } from '../../fakes/state/rotate-examples.ts';
import {
  anOpen,
  asked,
  away,
  day,
  dead,
  fleet,
  hour,
  noon,
  planOf,
  policed,
  seen,
  withoutRotation,
  works,
} from './inputs.ts';

const token = (over: Parameters<typeof works>[0]) => planOf('transit-token', seen(works(over)));
const iso = (ms: number) => new Date(ms).toISOString();

describe('a secret is due', () => {
  it('30 days before its end, where it lives long', () => {
    const long = { lifeMs: 180 * day };
    expect(token({ ...long, endsAt: noon + 30 * day + 1 })).toMatchObject({ do: 'nothing', dueAt: noon + 1 });
    expect(token({ ...long, endsAt: noon + 30 * day })).toEqual({
      do: 'open',
      repairs: false,
      why: `it ends ${iso(noon + 30 * day)}, and no renewal changes that`,
    });
  });

  it('a third of its life before its end, where that is shorter', () => {
    const short = { lifeMs: 9 * day };
    expect(token({ ...short, endsAt: noon + 3 * day + 1 })).toMatchObject({ do: 'nothing', dueAt: noon + 1 });
    expect(token({ ...short, endsAt: noon + 3 * day })).toMatchObject({ do: 'open', repairs: false });
  });

  it('30 days before its end, where nobody knows how long it lived', () => {
    const { lifeMs: _life, ...current } = works({ endsAt: noon + 30 * day }).current as ReturnType<
      typeof works
    >['current'] & { state: 'works' };
    expect(planOf('transit-token', seen({ current, ours: [], foreign: [] }))).toMatchObject({ do: 'open' });
  });

  it('never by its end, where it has none', () => {
    const current = { state: 'works', ref: 'ref-1', renewable: false } as const;
    const plan = planOf('transit-token', seen({ current, ours: [], foreign: [] }));
    expect(plan).toEqual({ do: 'nothing', why: 'it works, and is not due' });
  });

  it('when it is unfit, though a renewal would keep it alive', () => {
    const plan = token({ renewable: true, unfit: 'it may do more than its seal needs' });
    expect(plan).toEqual({
      do: 'open',
      repairs: false,
      why: 'the one in use is unfit: it may do more than its seal needs',
    });
  });

  it('as often as fleet.yaml says, and not before', () => {
    const every = policed('payments', { token: { role: 'seal', everyMs: 90 * day } });
    const made = (madeAt: number) =>
      planOf('transit-token', { fleet: every, ...seen(works({ madeAt, renewable: true })) });
    expect(made(noon - 90 * day + 1)).toMatchObject({ do: 'nothing', dueAt: noon + 1 });
    expect(made(noon - 90 * day)).toMatchObject({ do: 'open', repairs: false });
  });

  it('when it is dead, and then its rotation repairs', () => {
    expect(planOf('transit-token', seen(dead()))).toEqual({
      do: 'open',
      repairs: true,
      why: 'the one in use does not work: it was revoked',
    });
  });
});

describe('a renewal', () => {
  it('is enough from half of its life on', () => {
    const life = { renewable: true, lifeMs: 10 * day };
    expect(token({ ...life, endsAt: noon + 5 * day + 1 }).do).toBe('nothing');
    expect(token({ ...life, endsAt: noon + 5 * day }).do).toBe('renew');
  });

  it('is no use for what cannot be renewed', () => {
    expect(token({ renewable: false, lifeMs: 100 * day, endsAt: noon + 45 * day }).do).toBe('nothing');
  });

  it('does not wait because a rotation failed', () => {
    const plan = planOf('transit-token', {
      earlier: [ended({ outcome: 'failed', at: noon - 1 })],
      ...seen(works({ renewable: true, lifeMs: 10 * day, endsAt: noon + day })),
    });
    expect(plan.do).toBe('renew');
  });
});

describe('nothing is done', () => {
  it.each(['transit-token', 'transit-key', 'entra-secret', 'keyvault-key'] as const)(
    'where fleet.yaml asks for no rotation of a %s',
    (kind) => {
      const of = withoutRotation(kind === 'transit-token' || kind === 'transit-key' ? 'payments' : 'cards');
      expect(planOf(kind, { fleet: of, ...seen(dead()) })).toMatchObject({ do: 'nothing' });
      const why = expect.stringContaining('fleet.yaml asks for no rotation of the');
      expect(planOf(kind, { fleet: of, ...seen(dead()), ...asked })).toEqual({ do: 'refuse', why });
    },
  );

  it('while it cannot be seen', () => {
    expect(planOf('transit-token', { look: away })).toEqual({
      do: 'nothing',
      why: 'it cannot be seen: nobody answers',
    });
  });

  it('while nobody knows whether it works', () => {
    const current = { state: 'unknown', why: 'the provider is sealed' } as const;
    expect(planOf('transit-token', seen({ current, ours: [], foreign: [] }))).toEqual({
      do: 'nothing',
      why: 'whether it works is unknown: the provider is sealed',
    });
  });
});

describe('a person who asks', () => {
  it('gets a new one that is not due', () => {
    expect(planOf('transit-token', asked)).toEqual({
      do: 'open',
      repairs: false,
      why: 'Ada asked for it: a drill',
    });
  });

  it('gets one though nobody knows whether the one in use works', () => {
    const current = { state: 'unknown', why: 'the provider is sealed' } as const;
    expect(planOf('transit-token', { ...seen({ current, ours: [], foreign: [] }), ...asked }).do).toBe(
      'open',
    );
  });

  it('is told why there is none', () => {
    expect(planOf('transit-token', { look: away, ...asked })).toEqual({
      do: 'refuse',
      why: 'it cannot be seen: nobody answers',
    });
  });
});

function ended(over: Partial<NonNullable<Rotation['ended']>>): Rotation {
  return endedRotation(anOpen('transit-token'), over);
}

describe('after one that', () => {
  const due = { fleet, ...seen(works({ endsAt: noon + day })) };

  it.each(['failed', 'refused'] as const)('%s, automation pauses for an hour', (outcome) => {
    const after = (at: number) => planOf('transit-token', { ...due, earlier: [ended({ outcome, at })] });
    expect(after(noon - hour + 1)).toEqual({
      do: 'nothing',
      why: 'the last one ended: every node uses it',
      dueAt: noon + 1,
    });
    expect(after(noon - hour).do).toBe('open');
  });

  it('a person rolled back, it pauses for a week', () => {
    const after = (at: number) =>
      planOf('transit-token', { ...due, earlier: [ended({ outcome: 'rolled-back', at })] });
    expect(after(noon - 7 * day + 1)).toMatchObject({ do: 'nothing', dueAt: noon + 1 });
    expect(after(noon - 7 * day).do).toBe('open');
  });

  it('was retired, it does not pause', () => {
    expect(planOf('transit-token', { ...due, earlier: [ended({ at: noon - 1 })] }).do).toBe('open');
  });

  it('failed long ago, an older rollback is history', () => {
    const earlier = [
      ended({ outcome: 'failed', at: noon - hour }),
      ended({ outcome: 'rolled-back', at: noon }),
    ];
    expect(planOf('transit-token', { ...due, earlier }).do).toBe('open');
  });

  it.each(['failed', 'rolled-back'] as const)('%s, a person need not wait, nor does a repair', (outcome) => {
    const earlier = [ended({ outcome, at: noon - 1 })];
    expect(planOf('transit-token', { ...due, earlier, ...asked }).do).toBe('open');
    expect(planOf('transit-token', { earlier, ...seen(dead()) })).toMatchObject({
      do: 'open',
      repairs: true,
    });
  });
});

describe('after one whose new ones never worked', () => {
  const never = (at: number, discards: number) => [
    { ...ended({ outcome: 'failed', at }), ...(discards > 0 && { discards }) },
  ];
  const repair = (at: number, discards = 2) =>
    planOf('transit-token', { earlier: never(at, discards), ...seen(dead()) }).do;

  it('a repair waits for an hour, too: that would go on all day', () => {
    expect([repair(noon - hour + 1), repair(noon - hour), repair(noon - 1, 0)]).toEqual([
      'nothing',
      'open',
      'open',
    ]);
  });
});

describe('blocked', () => {
  const recovery = { why: 'the end of recovery payments.one', evenRepairs: false };
  const hold = { why: 'the end of a hold on payments', evenRepairs: true };
  const due = seen(works({ endsAt: noon + day }));

  it('by a recovery, only a repair begins', () => {
    expect(planOf('transit-token', { ...due, blocked: [recovery] })).toEqual({
      do: 'nothing',
      why: recovery.why,
    });
    expect(planOf('transit-token', { ...seen(dead()), blocked: [recovery] }).do).toBe('open');
  });

  it('by a hold, nothing begins, and who asked is told', () => {
    expect(planOf('transit-token', { ...seen(dead()), blocked: [recovery, hold] })).toEqual({
      do: 'nothing',
      why: hold.why,
    });
    expect(planOf('transit-token', { ...asked, blocked: [hold] })).toEqual({ do: 'refuse', why: hold.why });
  });

  it('an open one waits: a repair for a hold, any other for a recovery too', () => {
    const open = (repairs: boolean) => ({ rotation: anOpen('transit-token', { repairs }) });
    expect(planOf('transit-token', { ...open(false), blocked: [recovery] })).toMatchObject({
      do: 'wait',
      what: recovery.why,
    });
    expect(planOf('transit-token', { ...open(true), blocked: [recovery] }).do).toBe('create');
    expect(planOf('transit-token', { ...open(true), blocked: [hold] })).toMatchObject({ what: hold.why });
    // The one in use died since it began: it mends the seal now.
    const died = { ...open(false), ...seen(dead()) };
    expect(planOf('transit-token', { ...died, blocked: [recovery] }).do).toBe('create');
    expect(planOf('transit-token', { ...died, blocked: [hold] })).toMatchObject({ what: hold.why });
  });

  it('a rollback waits for a hold, also for one behind a recovery, and for no recovery', () => {
    const rotation = anOpen('transit-token', { direction: 'back' });
    expect(planOf('transit-token', { rotation, blocked: [recovery] }).do).toBe('finish');
    expect(planOf('transit-token', { rotation, blocked: [recovery, hold] })).toMatchObject({
      do: 'wait',
      what: hold.why,
    });
  });
});
