import { describe, expect, it } from 'vitest';
import { withKeyHistory } from '../../shared/readiness/judge/key-history.ts';
import { settledMs } from '../../shared/readiness/judge/life.ts';
import type { Judged } from '../../shared/readiness/readiness.ts';
import { day, hour, now } from './examples.ts';

const code = 'seal-key-version-at-risk';
const judged = (over: Partial<Judged> = {}): Judged => ({
  standing: { state: 'ready' },
  evidence: [],
  problems: [],
  unjudged: {},
  keySince: now - hour,
  ...over,
});

describe('a key', () => {
  it('that is seen for the first time is what it is', () => {
    expect(withKeyHistory(judged(), undefined, now)).toEqual(judged());
  });

  it('that is the same as before says nothing', () => {
    expect(withKeyHistory(judged(), now - hour, now)).toEqual(judged());
  });

  it('that is not seen today is remembered', () => {
    const { keySince: _, ...unseen } = judged();
    expect(withKeyHistory(unseen, now - day, now)).toEqual({ ...unseen, keySince: now - day });
  });

  it('of which an older version is seen than before is as old as that one', () => {
    expect(withKeyHistory(judged(), now - hour + 1, now).keySince).toBe(now - hour);
  });

  it('that was made anew under its name puts the cluster at risk, in every run, for a week: nothing but the old key opens what is old', () => {
    const told = withKeyHistory(judged(), now - 300 * day, now);
    expect(told).toMatchObject({
      standing: { state: 'at-risk', why: expect.stringContaining('made anew') as string },
      problems: [{ code, severity: 'warning' }],
      keySince: now - 300 * day,
    });
    expect(withKeyHistory(judged(), told.keySince, now + hour).problems).toHaveLength(1);
    const settled = withKeyHistory(judged(), told.keySince, now - hour + settledMs);
    expect(settled).toEqual(judged());
  });

  it('that was made anew is told once, with what else is wrong with it, also where that was not judged', () => {
    const other = { code, summary: 'it may be deleted', evidence: ['deletion_allowed: true'] } as const;
    const both = withKeyHistory(judged({ problems: [{ ...other, evidence: [...other.evidence] }] }), 0, now);
    expect(both.problems).toHaveLength(1);
    expect(both.problems[0]?.evidence.at(-1)).toBe('deletion_allowed: true');
    const unread = withKeyHistory(judged({ unjudged: { [code]: 'not read' } }), 0, now);
    expect([unread.problems.length, unread.unjudged]).toEqual([1, {}]);
  });

  it('that was made anew makes no dead seal look better', () => {
    const standing = { state: 'not-ready', why: 'revoked' } as const;
    expect(withKeyHistory(judged({ standing }), 0, now).standing).toEqual(standing);
  });
});
