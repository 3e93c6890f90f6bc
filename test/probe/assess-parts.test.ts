import { describe, expect, it } from 'vitest';
import { catalogue, verdictOf } from '../../shared/finding.ts';
import { goDurationMs } from '../../shared/probe/assess/durations.ts';
import { assess } from '../../shared/probe/assess.ts';
import { cluster, observe, type StepWords } from '../scenarios/build.ts';

describe('a Go duration', () => {
  it.each([
    ['0s', 0],
    ['0', 0],
    ['2.3s', 2_300],
    ['21.507353ms', 21.507353],
    ['24h0m0s', 86_400_000],
    ['1m30s', 90_000],
    ['1h15m30.918273645s', 4_530_918.273645],
    ['4.2µs', 0.0042],
    ['4.2us', 0.0042],
    ['350ns', 0.00035],
    ['-1.5s', -1_500],
    ['2562047h47m16.854775807s', 9_223_372_036_854.775],
  ])('%s is %d ms', (text, ms) => {
    expect(goDurationMs(text)).toBeCloseTo(ms, 2);
  });

  it.each(['', '-', 's', '5', '1.5', '1 s', '1s ', '1d', '1h-3m', 'never', '..s'])('%j is none', (text) => {
    expect(goDurationMs(text)).toBeUndefined();
  });
});

describe('the assessment', () => {
  const of = cluster();
  const healthy: StepWords = { at: 0, nodes: ['active', 'standby', 'standby'] };

  it('of a healthy cluster lists nothing and calls every code absent', () => {
    const seen = observe(of, healthy);
    const { assessment } = assess(of, seen, undefined, seen.finishedAt);
    expect(assessment.verdicts).toEqual([]);
    expect(new Set(Object.values(assessment.defaults).map(({ state }) => state))).toEqual(
      new Set(['absent']),
    );
  });

  it('gives back the very facts it was given when nothing changed', () => {
    const seen = observe(of, healthy);
    const { facts } = assess(of, seen, undefined, seen.finishedAt);
    const later = observe(of, { ...healthy, at: 3_000 });
    expect(assess(of, later, facts, later.finishedAt).facts).toBe(facts);
  });

  it('has the same summaries a minute later, while nothing changed', () => {
    const step = { nodes: ['sealed', { is: 'ha-unhealthy', leader: 'https://vault-0' }, { is: 'timeout' }] };
    const first = observe(of, { at: 0, ...step });
    const { facts, assessment } = assess(of, first, undefined, first.finishedAt);
    const later = observe(of, { at: 60, ...step });
    const again = assess(of, later, facts, later.finishedAt).assessment;
    const told = (from: typeof again) =>
      from.verdicts.map(({ verdict }) => (verdict.state === 'present' ? verdict.finding.summary : verdict));
    expect(told(again)).toEqual(told(assessment));
  });

  it('forgets nodes that left fleet.yaml', () => {
    const seen = observe(of, healthy);
    const { facts } = assess(of, seen, undefined, seen.finishedAt);
    const fewer = { ...of, nodes: of.nodes.slice(0, 2) };
    expect(Object.keys(assess(fewer, seen, facts, seen.finishedAt).facts.nodes)).toEqual([
      'vault-0',
      'vault-1',
    ]);
  });

  it('keeps what it knew of a node that was not heard', () => {
    const seen = observe(of, healthy);
    const { facts } = assess(of, seen, undefined, seen.finishedAt);
    const later = observe(of, { at: 30, nodes: ['active', 'standby', 'aborted'] });
    const result = assess(of, later, facts, later.finishedAt);
    expect(result.facts).toBe(facts);
    expect(verdictOf(result.assessment, 'node-sealed', { kind: 'node', name: 'vault-2' }).state).toBe(
      'unjudged',
    );
  });

  it('says nothing of the seal of a node that is silent, and all of one whose seal-status still answers', () => {
    const silent = observe(of, { at: 0, nodes: ['active', 'standby', 'timeout'] });
    const subject = { kind: 'node', name: 'vault-2' } as const;
    const state = (seen: typeof silent) => {
      return verdictOf(assess(of, seen, undefined, 0).assessment, 'node-sealed', subject).state;
    };
    expect(state(silent)).toBe('unjudged');
    const answering = (sealed: boolean) =>
      observe(of, { at: 0, nodes: ['active', 'standby', { is: 'timeout', seal: { sealed } }] });
    expect(state(answering(true))).toBe('present');
    expect(state(answering(false))).toBe('absent');
  });

  it('names the runbook of each code by the code', () => {
    const seen = observe(of, { at: 0, nodes: ['refused', 'refused', 'refused'] });
    for (const { code, verdict } of assess(of, seen, undefined, 0).assessment.verdicts) {
      if (verdict.state === 'present') expect(verdict.finding.runbook).toBe(code);
      expect(Object.keys(catalogue)).toContain(code);
    }
  });
});
