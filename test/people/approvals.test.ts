import { describe, expect, it } from 'vitest';
import { approverProblem, approversText, sortedSteps, validApprovals } from '../../shared/approvals.ts';
import { approve } from '../../shared/people/approvals.ts';
import type { Approval, ApprovalBinding } from '../../shared/people/person.ts';
import { approval, binding, night, person } from './build.ts';

const minute = 60_000;
const later = night + 5 * minute;
const two = { needed: 2, requester: 'tenant/rosa' };
const one = { needed: 1, requester: 'tenant/rosa' };
const names = (approvals: Approval[], needs = two, now = later, wanted = binding()) =>
  validApprovals(approvals, wanted, needs, now).valid.map(({ name }) => name);

describe('an approval', () => {
  it('names who, when and for what, and ends after 60 minutes', () => {
    const given = approve(person('ada'), binding({ steps: ['verify', 'unseal-node', 'verify'] }), night);
    expect(given).toEqual({
      binding: binding({ steps: ['unseal-node', 'verify'] }),
      by: 'tenant/ada',
      name: 'ada',
      at: night,
      expiresAt: night + 60 * minute,
    });
  });

  it('counts until its last millisecond, and not in the next', () => {
    const given = [approve(person('ada'), binding(), night)];
    expect(names(given, one, night + 60 * minute - 1)).toEqual(['ada']);
    expect(names(given, one, night + 60 * minute)).toEqual([]);
  });

  it('lasts 60 minutes at most, whatever its row says, and less where it says so', () => {
    const forever = [approval('ada', { expiresAt: Number.MAX_SAFE_INTEGER })];
    expect(names(forever, one, night + 60 * minute)).toEqual([]);
    const short = [approval('ada', { expiresAt: night + minute })];
    expect(names(short, one, later)).toEqual([]);
  });

  it('from the future counts only as far as clocks may differ', () => {
    expect(names([approval('ada', { at: later + minute })], one)).toEqual(['ada']);
    expect(names([approval('ada', { at: later + minute + 1, expiresAt: later + 60 * minute })], one)).toEqual(
      [],
    );
  });

  const drifts: [string, Partial<ApprovalBinding>][] = [
    ['another recovery', { recovery: 'payments.zzzz' }],
    ['another cluster', { cluster: 'billing' }],
    ['a step kind more', { steps: ['await-leader', 'rebind', 'unseal-node', 'verify'] }],
    ['a step kind less', { steps: ['unseal-node', 'verify'] }],
    ['another step kind', { steps: ['await-joiner', 'unseal-node', 'verify'] }],
    ['another fleet.yaml entry', { fleetEntry: 'b'.repeat(64) }],
    ['another generation', { generation: { generation: 4, revision: 2 } }],
    ['another revision', { generation: { generation: 3, revision: 3 } }],
  ];
  it.each(drifts)('for %s counts for nothing', (_, drift) => {
    expect(validApprovals([approval('ada', { binding: binding(drift) })], binding(), one, later)).toEqual({
      valid: [],
      missing: 1,
    });
  });

  it('with a generation counts for nothing where the plan has none, and the other way round', () => {
    const { generation: _, ...without } = binding();
    expect(names([approval('ada')], one, later, without)).toEqual([]);
    expect(names([approval('ada', { binding: without })], one)).toEqual([]);
    expect(names([approval('ada', { binding: without })], one, later, without)).toEqual(['ada']);
  });

  it('is for a set of step kinds: their order does not matter', () => {
    const turned = binding({ steps: ['verify', 'unseal-node', 'await-leader'] });
    expect(names([approval('ada', { binding: turned })], one)).toEqual(['ada']);
  });
});

describe('where two people are asked for', () => {
  it('two different ones are enough', () => {
    expect(validApprovals([approval('ada'), approval('bob')], binding(), two, later)).toMatchObject({
      missing: 0,
      valid: [{ name: 'ada' }, { name: 'bob' }],
    });
  });

  it('one person who approves twice counts once, and as long as the newest lasts', () => {
    const again = [
      approval('ada'),
      approval('ada', { at: night + minute }),
      approval('ada', { at: night - minute }),
    ];
    const counted = validApprovals(again, binding(), two, later);
    expect(counted).toMatchObject({ missing: 1, valid: [{ at: night + minute }] });
  });

  it.each([1, 2, 5])('%i rows of one person, each of another time, leave one more to wait for', (rows) => {
    const own = Array.from({ length: rows }, (_, n) => approval('ada', { at: night + n * minute }));
    const asked = validApprovals(own, binding(), two, later);
    expect(asked).toMatchObject({ missing: 1, valid: [{ name: 'ada', at: night + (rows - 1) * minute }] });
    expect(asked.valid).toHaveLength(1);
    expect(validApprovals([...own, approval('bob')], binding(), two, later)).toMatchObject({ missing: 0 });
  });

  it('the same person under another name counts once', () => {
    expect(names([approval('ada'), approval('ada', { name: 'Countess' })])).toHaveLength(1);
  });

  it('the requester does not count', () => {
    expect(names([approval('rosa'), approval('ada')])).toEqual(['ada']);
    expect(validApprovals([approval('rosa')], binding(), two, later).missing).toBe(2);
  });

  it('a request by automation excludes nobody', () => {
    expect(names([approval('rosa'), approval('ada')], { needed: 2, requester: 'app:recover' })).toHaveLength(
      2,
    );
  });
});

describe('where one person is asked for', () => {
  it('it may be the requester', () => {
    expect(validApprovals([approval('rosa')], binding(), one, later)).toMatchObject({ missing: 0 });
  });
});

describe('a rebind', () => {
  const rebind = binding({ steps: ['rebind'] });
  const given = (name: string) => approval(name, { binding: rebind });

  it.each([one, two])('counts nobody who asked for it: %j', (asked) => {
    expect(validApprovals([given('rosa')], rebind, asked, later)).toEqual({
      valid: [],
      missing: asked.needed,
    });
    expect(approverProblem('tenant/rosa', rebind, asked)).toMatch(
      /^a rebind changes where shares go: somebody else/,
    );
    expect(approverProblem('tenant/ada', rebind, asked)).toBeUndefined();
  });

  it('is done by one other where one is asked for', () => {
    expect(validApprovals([given('rosa'), given('ada')], rebind, one, later)).toMatchObject({ missing: 0 });
  });
});

it.each([
  ['unseal-node', one, 1, 'one person'],
  ['unseal-node', two, 2, 'two others'],
  ['unseal-node', two, 1, 'one more person'],
  ['unseal-node', { needed: 2, requester: 'app:recover' }, 2, 'two people'],
  ['rebind', one, 1, 'somebody else'],
  ['rebind', two, 2, 'two others'],
] as const)('%s, %j, %i missing: it waits for %4$s', (step, asked, missing, who) => {
  expect(approversText({ steps: [step] }, asked, missing)).toBe(who);
});

it('step kinds stand once each, in one order', () => {
  expect(sortedSteps(['verify', 'await-leader', 'verify', 'rebind'])).toEqual([
    'await-leader',
    'rebind',
    'verify',
  ]);
});
