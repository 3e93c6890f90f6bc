import { describe, expect, it } from 'vitest';
import { budgetOf } from '../../shared/recovery/budget.ts';
import { withIntents } from '../../shared/recovery/intents.ts';
import type { Recovery } from '../../shared/recovery/recovery.ts';
import * as b from './build.ts';

const cluster = b.cluster();
const window = cluster.recovery.attemptWindowMs;

type Outcome = NonNullable<Recovery['ended']>['outcome'];

function ended(outcome: Outcome, over: Partial<Recovery> = {}, at = b.now - b.minute): Recovery {
  return b.recovery({ status: 'ended', ended: { at, outcome, summary: 'as told' }, ...over });
}

const failed = (...recoveries: Recovery[]) => budgetOf(recoveries, cluster, b.now).failed;

describe('the budget of automation', () => {
  it.each<[Outcome, number]>([
    ['failed', 1],
    ['expired', 0],
    ['recovered', 0],
    ['nothing-to-do', 0],
    ['rejected', 0],
    ['taken-over', 0],
  ])('counts an attempt that ended %s as %i', (outcome, count) => {
    expect(failed(ended(outcome))).toBe(count);
  });

  it.each(['refused', 'expired'] as const)(
    'counts one that ended %s only after shares were sent or something went wrong',
    (outcome) => {
      expect(failed(ended(outcome))).toBe(0);
      expect(failed(ended(outcome, { intents: b.intents(1, 1) }))).toBe(1);
      expect(failed(ended(outcome, { troubles: [b.trouble(1, 'custodian')] }))).toBe(1);
    },
  );

  it('counts neither people nor dry runs nor what is older than the window', () => {
    expect(failed(ended('failed', { way: 'manual' }), ended('failed', { way: 'break-glass' }))).toBe(0);
    expect(failed(ended('failed', { dryRun: true }))).toBe(0);
    expect(failed(ended('failed', {}, b.now - window))).toBe(0);
    expect(failed(ended('failed', {}, b.now - window + 1))).toBe(1);
  });

  it("counts each node's automatic unseals, the open recovery's too", () => {
    const old = ended('recovered', { unsealed: ['vault-1'] }, b.now - cluster.thresholds.restartWindowMs);
    const recent = ended('recovered', { unsealed: ['vault-1', 'vault-2'] });
    const open = b.recovery({ unsealed: ['vault-1'] });
    const byHand = ended('recovered', { way: 'manual', unsealed: ['vault-1'] });
    expect(budgetOf([old, recent, open, byHand], cluster, b.now)).toEqual({
      failed: 0,
      allowed: 3,
      unseals: { 'vault-1': 2, 'vault-2': 1 },
      allowedUnseals: 5,
    });
  });
});

it('counts each unseal of a node that one recovery brought back several times', () => {
  const often = b.recovery({ unsealed: ['vault-1', 'vault-2'], unseals: { 'vault-1': 3 } });
  expect(budgetOf([often], cluster, b.now).unseals).toEqual({ 'vault-1': 3, 'vault-2': 1 });
});

describe('the intents of a row', () => {
  const round = (pass: number, n: number, position: number) =>
    b
      .intents(n, position)
      .slice(-1)
      .map((intent) => ({ ...intent, pass }));

  it('are those of the newest pass of each node, and each first one counts a set', () => {
    const first = [1, 2].reduce(
      (row, position) => withIntents(row, [...round(1, 1, position), ...round(1, 2, position)]),
      b.recovery(),
    );
    expect(first.intents).toHaveLength(4);
    expect(first.sets).toEqual({ 'vault-1': 1, 'vault-2': 1 });
    const second = withIntents(first, round(2, 1, 1));
    expect(second.intents.map(({ node, pass, position }) => [node, pass, position])).toEqual([
      ['vault-2', 1, 1],
      ['vault-2', 1, 2],
      ['vault-1', 2, 1],
    ]);
    expect(second.sets).toEqual({ 'vault-1': 2, 'vault-2': 1 });
  });
});
