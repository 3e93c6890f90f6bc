/** Open rotations as findings: which are told, how bad they are, and what a person reads first. */
import { describe, expect, it } from 'vitest';
import { type Finding, type FindingCode, verdictOf } from '../../shared/finding.ts';
import { inUse } from '../../shared/rotation/plan/in-use.ts';
import { planRotation } from '../../shared/rotation/plan.ts';
import type { Rotation } from '../../shared/rotation/rotation.ts';
import type { Read } from '../../shared/work/recover-findings.ts';
import { rotationCodes } from '../../shared/work/rotation-findings/judge.ts';
import { withRotations } from '../../shared/work/rotation-findings.ts';
import { aRotation, aRotationBinding, noon } from '../fakes/state/rotate-examples.ts';
import { file, fleetOf } from '../fleet/builders.ts';
import { cluster } from '../scenarios/build.ts';

const minute = 60_000;
const hour = 60 * minute;
const day = 24 * hour;
const payments = cluster();
const nothing = { verdicts: [], defaults: {} };
const read = (...value: Rotation[]): Read<Rotation[]> => ({ read: true, value });

function findings(now: number, ...rotations: Rotation[]): Finding[] {
  return withRotations(payments, read(...rotations), nothing, [], now).verdicts.flatMap(({ verdict }) =>
    verdict.state === 'present' ? [verdict.finding] : [],
  );
}
const codes = (now: number, ...rotations: Rotation[]) => findings(now, ...rotations).map(({ code }) => code);

const waiting = {
  what: 'a restart of payments/vault-2',
  since: noon,
  until: noon + minute,
  overdueAt: noon + day,
};
const failing = {
  what: 'create',
  code: 'denied',
  message: 'path "…" is missing',
  since: noon,
  times: 1,
} as const;
const needs = { why: 'payments steps down', binding: aRotationBinding(), missing: 1 };

const intoFile = {
  token: { role: 'seal' },
  sinks: [{ name: 'file', kind: 'file' as const, path: '/run/token', withinMs: 0 }],
  stepDown: false,
  graceMs: day,
  overdueMs: hour,
};

describe('a rotation that waits', () => {
  it('is told from the moment that it is overdue', () => {
    const one = aRotation({ waiting });
    expect([codes(noon + day - 1, one), codes(noon + day, one)]).toEqual([[], ['rotation-overdue']]);
  });

  it('says what for, since when, what leads back, and what a node reads that restarts meanwhile', () => {
    const sinks = {
      file: { startedAt: noon, deliveredAt: noon },
      'app-vault': { startedAt: noon },
      copied: { startedAt: noon, deliveredAt: noon, where: 'version 3', settlesAt: noon + hour },
      spare: {},
    };
    const fresh = { ref: 'accessor-2' };
    const [one] = findings(
      noon + day,
      aRotation({ waiting, sinks, fresh, old: { ref: 'accessor-1', ours: true } }),
    );
    expect(one?.summary).toBe(
      'token of payments at root: waits since 2026-11-22 12:00 UTC for a restart of payments/vault-2',
    );
    expect(one?.advice).toContain('sealwatch rotation rollback payments.first --reason');
    expect(one?.evidence[0]).toBe(
      'The new one is accessor-2, the one before is accessor-1. A node that restarts now reads the new one from file, the old or the new one from app-vault, the new one (version 3; its copies from 2026-11-22T13:00:00.000Z on) from copied.',
    );
  });

  it('and that nobody works on is overdue by what fleet.yaml says, or by a week', () => {
    const one = aRotation();
    expect([codes(noon + 7 * day - 1, one), codes(noon + 7 * day, one)]).toEqual([[], ['rotation-overdue']]);
    const soon = { ...payments, rotation: intoFile };
    const judged = withRotations(soon, read(one), nothing, [], noon + day + hour);
    expect(judged.verdicts.map(({ code }) => code)).toEqual(['rotation-overdue']);
  });

  it.each<[string, Partial<Rotation>]>([
    ['goes back already', { direction: 'back' }],
    ['is retired', { stage: 'retired' }],
    ['replaced one that did not work', { sinks: { file: { startedAt: noon } } }],
  ])('offers no way back where it %s', (_how, over) => {
    expect(findings(noon + day, aRotation({ waiting, ...over }))[0]?.advice).not.toContain('rollback');
  });
});

describe('a rotation that asks people', () => {
  it('for approval says whose, of what, and how', () => {
    const [one] = findings(noon, aRotation({ waiting, needs }));
    expect(one).toMatchObject({ code: 'rotation-approval', severity: 'info' });
    expect(one?.summary).toBe(
      'token of payments at root: waits for approval by one person: payments steps down',
    );
    expect(one?.advice).toContain('sealwatch rotation approve payments.first');
    expect(one?.evidence[0]).toContain('step-down (payments)');
  });

  it.each([
    [{ by: 'tenant/ada', byName: 'Ada' }, 2, 'by two others than Ada'],
    [{}, 2, 'by two people'],
    [{}, 1, 'by one more person'],
  ])('where two are asked for: %j, %d missing: %s', (over, missing, said) => {
    const two = cluster({ recovery: { approvals: 2 } });
    const judged = withRotations(
      two,
      read(aRotation({ needs: { ...needs, missing }, ...over })),
      nothing,
      [],
      noon,
    );
    expect(JSON.stringify(judged.verdicts)).toContain(said);
    // A cluster that it touches asks for two, the one that rotates does not.
    const row = aRotation({ needs: { ...needs, missing, needed: 2 }, ...over });
    const one = withRotations(cluster({ recovery: { approvals: 1 } }), read(row), nothing, [], noon);
    expect(JSON.stringify(one.verdicts)).toContain(said);
  });

  it('is a warning once it is overdue, and not told twice', () => {
    const told = findings(noon + day, aRotation({ waiting, needs })).map(({ code, severity }) => [
      code,
      severity,
    ]);
    expect(told).toEqual([['rotation-approval', 'warning']]);
  });

  it.each<[string, Partial<Rotation>]>([
    [
      'a token',
      { fresh: { ref: 'b' }, sinks: { file: { startedAt: noon - hour, deliveredAt: noon - hour } } },
    ],
    ['a key', { kind: 'transit-key', fresh: { ref: '4', madeAt: noon } }],
    [
      'a rollback',
      { direction: 'back', restoredAt: noon - hour, sinks: { file: { startedAt: noon - day } } },
    ],
  ])('to confirm what cannot be seen of %s, in the words of the plan', (_what, over) => {
    const rotation = aRotation({ stage: 'verified', ...over });
    const sights = [{ cluster: 'payments', nodes: [{ node: 'vault-1', unseen: 'no metrics' }] }];
    const use = inUse(rotation, sights, fleetOf(file()));
    const [one] = findings(noon, { ...rotation, waiting: { ...waiting, what: use.yes ? '' : use.what } });
    expect(one?.code).toBe('rotation-approval');
    expect(one?.advice).toContain('sealwatch rotation confirm payments.first --reason');
  });

  it('tells after when the nodes must have been restarted', () => {
    const sinks = { a: { deliveredAt: noon }, b: { deliveredAt: noon + hour } };
    const word = { ...waiting, what: "a person's word that payments/vault-1 restarted (…)" };
    expect(findings(noon, aRotation({ waiting: word, sinks }))[0]?.advice).toContain(
      'restarted after 2026-11-22T13:00:00.000Z',
    );
    const copied = { ...sinks, a: { deliveredAt: noon, settlesAt: noon + 2 * hour } };
    const verified = { verified: noon + hour };
    const rows = [
      { sinks: copied, reached: verified },
      { sinks: copied, direction: 'back' as const, restoredAt: noon },
    ];
    for (const row of rows)
      expect(findings(noon, aRotation({ waiting: word, ...row }))[0]?.advice).toContain(
        'restarted after 2026-11-22T14:00:00.000Z',
      );
    const unknown: Partial<Rotation>[] = [
      { sinks: { ...sinks, b: { startedAt: noon } } },
      { kind: 'transit-key', sinks: {} },
    ];
    for (const row of unknown)
      expect(findings(noon, aRotation({ waiting: word, ...row }))[0]?.advice).toContain(
        'was restarted; then:',
      );
  });

  it.each<[string, Partial<Rotation>]>([
    ['between fleet.yaml and a rollback', {}],
    [
      'how the old one comes back that no slot holds',
      { direction: 'back', fresh: { ref: 'b' }, sinks: { file: { startedAt: noon } } },
    ],
  ])('to decide %s, in the words of the plan', (_what, over) => {
    const rotation = aRotation(over);
    const plan = planRotation({
      fleet: fleetOf(file()),
      cluster: { ...payments, ...(over.sinks && { rotation: intoFile }) },
      kind: rotation.kind,
      fleetEntry: rotation.fleetEntry,
      fleetEntries: {},
      rotation,
      earlier: [],
      look: { ok: false, code: 'sealed', detail: 'sealed' },
      held: {},
      freshAtHand: false,
      oldAtHand: false,
      consumers: [],
      blocked: [],
      approvals: [],
      now: noon + hour,
    });
    const what = plan.do === 'wait' ? plan.what : plan.do;
    expect(codes(noon, { ...rotation, waiting: { ...waiting, what } })).toEqual(['rotation-approval']);
  });
});

describe('a rotation that fails', () => {
  it.each([
    [1, 30 * minute, false],
    [2, 30 * minute, false],
    [3, 0, true],
    [1, 30 * minute + 1, true],
  ])('%d times within %d ms: told %s', (times, after, isTold) => {
    const told = codes(noon + after, aRotation({ failing: { ...failing, times } }));
    expect(told).toEqual(isTold ? ['rotation-failing'] : []);
  });

  it('says what was tried, what came of it, and what to mend', () => {
    const [one] = findings(
      noon,
      aRotation({ failing: { ...failing, times: 3 }, old: { ref: 'a', ours: true } }),
    );
    expect(one?.summary).toBe(
      'token of payments at root: making the new one fails: path "…" is missing (denied)',
    );
    expect(one?.advice).toMatch(/^Give rotate the right that the first line names\./);
    expect(one?.meaning).toContain('What nodes read unseals them');
  });

  it('says the same for as long as it fails in the same way: state is written on change', () => {
    const [early, late] = [3, 300].map((times) => aRotation({ failing: { ...failing, times } }));
    const summary = (now: number, one = early) => one && findings(now, one).map((each) => each.summary);
    expect(summary(noon + 9 * day, late)).toContain(summary(noon)?.[0]);
  });

  it('is told as what it is where nothing that nodes read works', () => {
    const mends = aRotation({ failing: { ...failing, times: 3 }, repairs: true });
    expect(findings(noon, mends)[0]?.meaning).toContain('What nodes read does not unseal them');
    const given = { ...mends, stage: 'delivered' as const };
    expect(findings(noon, given)[0]?.meaning).toContain('What nodes read unseals them');
  });

  it('covers that it is late by it, and leaves what it asked before as it was', () => {
    const late = aRotation({ waiting, failing: { ...failing, times: 3 } });
    expect(findings(noon + day, late).map(({ code, under }) => [code, under])).toEqual([
      ['rotation-failing', undefined],
      ['rotation-overdue', 'rotation-failing'],
    ]);
    const judged = withRotations(payments, read(aRotation({ failing })), nothing, [], noon);
    const standing = rotationCodes.map((code) => verdictOf(judged, code, { kind: 'cluster' }).state);
    expect(standing).toEqual(['unjudged', 'unjudged', 'absent']);
  });

  it('of two, covers only what it explains', () => {
    const fails = aRotation({ waiting, failing: { ...failing, times: 3 } });
    const late = aRotation({ id: 'payments.second', kind: 'transit-key', waiting });
    expect(findings(noon + day, fails, late).map(({ under }) => under)).toEqual([undefined, undefined]);
  });
});

describe('two rotations of a cluster', () => {
  it('are told as one, the older one first, with what to do about each', () => {
    const token = aRotation({ id: 'payments.b', waiting, requestedAt: noon });
    const key = aRotation({
      id: 'payments.a',
      kind: 'transit-key',
      credential: 'key of payments',
      waiting,
      requestedAt: 0,
    });
    const [one, ...more] = findings(noon + day, token, key);
    expect(more).toEqual([]);
    expect(one?.summary).toMatch(/^key of payments: waits since .*; token of payments at root: waits since /);
    expect(one?.advice).toMatch(/rollback payments\.a .*rollback payments\.b /);
  });
});

describe('without a rotation', () => {
  it('what else was judged stays the very same', () => {
    expect(withRotations(payments, read(), nothing, [], noon)).toBe(nothing);
  });

  it('what was told of one is over', () => {
    const known = [{ finding: { code: 'rotation-overdue' as FindingCode } }];
    const judged = withRotations(payments, read(), nothing, known, noon);
    expect(verdictOf(judged, 'rotation-overdue', { kind: 'cluster' })).toEqual({ state: 'absent' });
  });
});

it('rows that cannot be read end nothing', () => {
  const judged = withRotations(payments, { read: false, why: 'no answer' }, nothing, [], noon);
  for (const code of rotationCodes)
    expect(verdictOf(judged, code, { kind: 'cluster' })).toEqual({ state: 'unjudged', why: 'no answer' });
});
