/** Open rotations of clusters that left fleet.yaml: which are told of, and what a person does with what they left. */
import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { type Finding, type Verdict, verdictOf } from '../../shared/finding.ts';
import type { Rotation, Stage } from '../../shared/rotation/rotation.ts';
import { leftByHand } from '../../shared/work/rotate/left-by-hand.ts';
import { judgeLeftOpen } from '../../shared/work/rotation-findings/left-open.ts';
import { aFullRotation, aRotation, noon } from '../fakes/state/rotate-examples.ts';

const clusters = [{ name: 'orders' }];
const none: ReadonlyMap<string, string> = new Map();

function judge(
  rows: Rotation[],
  { damaged = none, settled = true }: { damaged?: ReadonlyMap<string, string>; settled?: boolean } = {},
): Verdict {
  const judged = judgeLeftOpen({ read: true, rows, damaged }, clusters, settled);
  return verdictOf(judged, 'rotation-left-open', { kind: 'fleet' });
}
function told(...rows: Rotation[]): Finding {
  const verdict = judge(rows);
  if (verdict.state !== 'present') throw new Error(`not told: ${verdict.state}`);
  return verdict.finding;
}

const fresh = { ref: 'accessor-2' };
const old = { ref: 'accessor-1', ours: true };
const given = { 'app-vault': { startedAt: noon, deliveredAt: noon } };
const inOrders = (over: Partial<Rotation> = {}) => aRotation({ cluster: 'orders', ...over });
const inStock = (over: Partial<Rotation> = {}) => aRotation({ cluster: 'stock', ...over });

describe('an open rotation', () => {
  it('whose cluster fleet.yaml has is not told of here', () => {
    expect(judge([inOrders()])).toEqual({ state: 'absent' });
  });

  it('whose cluster left is told of: what it is, what it made, what was before, and both ways out', () => {
    const { severity, summary, evidence, advice } = told(
      inOrders(),
      aRotation({ stage: 'verified', fresh, old, sinks: given }),
    );
    expect(severity).toBe('warning');
    expect(summary).toBe(
      'token of payments at root: nobody goes on with rotation payments.first, for fleet.yaml has no cluster payments',
    );
    expect(evidence[0]).toBe(
      'payments.first (transit-token), stage verified: made accessor-2, given to app-vault; the one before is accessor-1.',
    );
    expect(advice).toBe(
      'Put payments back into fleet.yaml until the rotation has ended, or is rolled back. Or end by hand what it left, then: sealwatch rotation forget payments.first --reason "…"',
    );
  });

  it('beside another is told of in the same finding, the oldest first', () => {
    const { summary, evidence, advice } = told(
      inStock({ requestedAt: noon + 1, fresh }),
      aRotation({ fresh, old }),
    );
    expect(summary).toContain('2 rotations');
    expect(evidence.slice(0, 4).map((line) => line.split(/[ :]/)[0])).toEqual([
      'payments.first',
      'stock.first',
      'payments.first',
      'stock.first',
    ]);
    expect(advice).toContain('Put payments, stock back');
  });

  it('that is one of many is counted where there is no room for it', () => {
    const many = Array.from({ length: 9 }, (_, index) => aRotation({ cluster: `gone-${index}` }));
    expect(told(...many).evidence[4]).toBe('and 5 more: sealwatch rotation list');
  });

  it('never begins like the story of fewer: who is told of two hears that one is left', () => {
    const [one, two] = [told(aRotation()), told(aRotation(), inStock())];
    expect([two.summary.startsWith(one.summary), one.summary.startsWith(two.summary)]).toEqual([
      false,
      false,
    ]);
  });
});

describe('nobody is told, and nothing ends', () => {
  it('while fleet.yaml may be half written', () => {
    expect(judge([aRotation()], { settled: false })).toEqual({
      state: 'unjudged',
      why: 'fleet.yaml has just changed',
    });
  });

  it('where the table cannot be read', () => {
    const judged = judgeLeftOpen({ read: false, why: 'no connection' }, clusters, true);
    expect(verdictOf(judged, 'rotation-left-open', { kind: 'fleet' })).toEqual({
      state: 'unjudged',
      why: 'no connection',
    });
  });

  it('where the only row of a cluster that left is damaged', () => {
    const damaged = new Map([
      ['orders', 'row r-x: version 9'],
      ['payments', 'row r-y: version 9'],
    ]);
    expect(judge([], { damaged })).toEqual({ state: 'unjudged', why: 'row r-y: version 9' });
  });
});

it('a damaged row of a cluster that fleet.yaml has says nothing of those that left', () => {
  expect(judge([], { damaged: new Map([['orders', 'row r-x: version 9']]) })).toEqual({ state: 'absent' });
});

describe('what it left', () => {
  const secret = { kind: 'entra-secret' } as const;
  it.each<[string, Partial<Rotation>, string[]]>([
    ['had made nothing', {}, ['It made nothing: there is nothing to end.']],
    [
      'died in making a token',
      { creating: { at: noon } },
      [
        'It may have made a token that nobody holds: that ends by itself after its period. Sooner: revoke the one whose meta sealwatch-rotation is payments.first.',
      ],
    ],
    [
      'died in making a client secret',
      { ...secret, creating: { at: noon } },
      [
        'It may have made a client secret that nobody holds: remove the one that is called "sealwatch payments.first" from the application.',
      ],
    ],
    [
      'gave it to no node',
      { stage: 'created', fresh, old },
      [
        'No node was given the new one (accessor-2): end it (at the provider: vault token revoke -accessor accessor-2). Nodes read the one before (accessor-1): leave that.',
      ],
    ],
    [
      'gave it to no node, and none worked before',
      { ...secret, stage: 'created', fresh },
      [
        'No node was given the new one (accessor-2): end it (in the application: remove the client secret with key id accessor-2).',
      ],
    ],
    [
      'gave it where none worked before',
      { stage: 'delivered', fresh, sinks: given },
      ['Only the new one (accessor-2) works, and nodes read it: leave it.'],
    ],
    [
      'ended the one before',
      { stage: 'retired', fresh, old, sinks: given },
      ['Nodes use the new one (accessor-2): leave it. The one before has ended already.'],
    ],
    [
      'ended the new one on its way back',
      { direction: 'back', stage: 'verified', fresh, old, sinks: given, reached: { retired: noon } },
      ['The new one has ended already. Nodes use the one before (accessor-1): leave it.'],
    ],
    [
      'made a version of a key',
      { kind: 'transit-key', stage: 'verified', fresh: { ref: '4' }, old: { ref: '3', ours: false } },
      ['Version 4 stays, and does no harm: older versions decrypt as before. There is nothing to end.'],
    ],
  ])('by a rotation that %s', (_what, over, lines) => {
    expect(leftByHand(aRotation(over))).toEqual(lines);
  });

  it('where nodes may use either is ended only after every restart, and values beside the live one are named', () => {
    const staged = { ...fresh, fingerprint: 'f'.repeat(32) };
    const lines = leftByHand(
      aRotation({ stage: 'verified', fresh: staged, old, sinks: given, consumers: ['payments', 'stock'] }),
    );
    expect(lines).toEqual([
      expect.stringContaining('Both may live, the new one (accessor-2) and the one before (accessor-1)'),
      expect.stringContaining('once every node of payments, stock was restarted since'),
      expect.stringContaining('(next, previous)'),
    ]);
  });

  it("never asks to end people's own", () => {
    const lines = leftByHand(
      aRotation({ stage: 'verified', fresh, old: { ...old, ours: false }, sinks: given }),
    );
    expect(lines[1]).toContain('The one before was made by people: it is theirs to end.');
  });
});

const row: fc.Arbitrary<Rotation> = fc
  .record({
    stage: fc.constantFrom<Stage>('due', 'created', 'delivered', 'verified', 'retired'),
    direction: fc.constantFrom('forward' as const, 'back' as const),
    kind: fc.constantFrom('transit-token' as const, 'entra-secret' as const, 'transit-key' as const),
    text: fc.string({ unit: 'binary', maxLength: 3000 }),
    bare: fc.boolean(),
    ours: fc.boolean(),
  })
  .map(({ stage, direction, kind, text, bare, ours }) => {
    if (bare) return aRotation({ stage, direction, kind });
    const sinks = { [text]: { startedAt: noon, where: text } };
    const strange = { id: text, cluster: text, credential: text, consumers: [text], sinks };
    return aFullRotation({
      stage,
      direction,
      kind,
      ...strange,
      fresh: { ref: text },
      old: { ref: text, ours },
    });
  });

it('whatever stands in the rows: each line is one line, and none is longer than a message shows', () => {
  fc.assert(
    fc.property(fc.array(row, { minLength: 1, maxLength: 7 }), (rows) => {
      const { summary, evidence, advice } = told(...rows);
      for (const text of [summary, advice, ...evidence]) expect(text).not.toMatch(/[\p{Cc}\p{Zl}\p{Zp}]/u);
      for (const text of rows.flatMap(leftByHand)) expect(text.length).toBeLessThan(500);
      expect(advice).toContain('sealwatch rotation forget');
    }),
    { numRuns: 300 },
  );
});
