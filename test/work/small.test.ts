import { describe, expect, it } from 'vitest';
import { withDeadline } from '../../shared/work/deadline.ts';
import { judgeMissed, sweepGap } from '../../shared/work/gap.ts';
import { clusterOfNudge } from '../../shared/work/nudge.ts';
import { ManualClock } from '../fakes/clock.ts';

describe('a nudge', () => {
  it('names a cluster', () => {
    expect(clusterOfNudge('payments-eu')).toBe('payments-eu');
  });

  it.each([{}, 7, null, '', 'UPPER', '../fleet', 'a'.repeat(64), '{"cluster":"payments","force":true}'])(
    'that is %j carries nothing',
    (message) => {
      expect(clusterOfNudge(message)).toBeUndefined();
    },
  );
});

describe('a deadline of our own', () => {
  it('lets work through that is done in time, and leaves no timer', async () => {
    const clock = new ManualClock();
    await expect(withDeadline(clock, 1000, 'sweep', async () => 'done')).resolves.toBe('done');
    expect(clock.sleeping).toBe(0);
  });

  it('ends work that is not, by name', async () => {
    const clock = new ManualClock();
    const late = withDeadline(clock, 1000, 'sweep', () => new Promise(() => undefined));
    const expectation = expect(late).rejects.toThrow('sweep passed its deadline of 1 s');
    await clock.advance(1001);
    await expectation;
  });

  it('passes on how the work failed', async () => {
    const clock = new ManualClock();
    const failing = withDeadline(clock, 1000, 'sweep', () => Promise.reject(new Error('storage is away')));
    await expect(failing).rejects.toThrow('storage is away');
  });
});

describe('a gap between sweeps', () => {
  const now = 1_000_000_000;
  const last = (finishedAt: number, gap?: { from: number; to: number }) => ({
    id: 'a',
    startedAt: finishedAt - 100,
    finishedAt,
    clusters: 1,
    nodes: 3,
    complete: true,
    ...(gap && { gap }),
  });

  it('is none on the first sweep, nor when one sweep was late', () => {
    expect(sweepGap(undefined, now, 30_000)).toBeUndefined();
    expect(sweepGap(last(now - 30_000), now, 30_000)).toBeUndefined();
    expect(sweepGap(last(now - 60_000), now, 30_000)).toBeUndefined();
  });

  it('is reported by the sweep that comes back', () => {
    expect(sweepGap(last(now - 90_000), now, 30_000)).toEqual({ from: now - 90_000, to: now });
  });

  it('stays told for ten minutes, then is over', () => {
    const gap = { from: now - 900_000, to: now - 500_000 };
    expect(sweepGap(last(now - 30_000, gap), now, 30_000)).toEqual(gap);
    expect(sweepGap(last(now - 30_000, gap), now + 120_000, 120_000)).toBeUndefined();
  });
});

describe('what was not watched', () => {
  it('is absent when every sweep ran and finished', () => {
    expect(judgeMissed({ gap: undefined, failed: [] })).toEqual({
      verdicts: [],
      defaults: { 'sweep-gap': { state: 'absent' } },
    });
  });

  it('is each cluster that a sweep could not finish, and why: none hides behind an older gap', () => {
    const failed = ['a', 'b'].map((cluster) => ({ cluster, why: 'storage is away' }));
    const gap = { from: 0, to: 240_000 };
    const found = judgeMissed({ gap, failed }).verdicts.map(({ subject, verdict }) =>
      verdict.state === 'present' ? [subject, verdict.finding.summary] : [],
    );
    expect(found).toEqual([
      [{ kind: 'unwatched', name: 'a' }, 'a is not watched: storage is away'],
      [{ kind: 'unwatched', name: 'b' }, 'b is not watched: storage is away'],
      [
        { kind: 'fleet' },
        'nobody watched the fleet from 1970-01-01T00:00:00.000Z to 1970-01-01T00:04:00.000Z',
      ],
    ]);
  });

  it('is one finding when more than ten clusters are concerned: they have one cause', () => {
    const failed = Array.from({ length: 11 }, (_, i) => ({ cluster: `c${i}`, why: 'storage is away' }));
    const { verdicts } = judgeMissed({ gap: undefined, failed });
    const [told, ...others] = verdicts;
    // What was told of one of them before is not over.
    expect(others.map(({ subject, verdict }) => [subject, verdict.state])).toEqual(
      failed.map(({ cluster }) => [{ kind: 'unwatched', name: cluster }, 'unjudged']),
    );
    expect(told).toMatchObject({
      subject: { kind: 'fleet' },
      verdict: {
        finding: {
          summary: '11 clusters are not watched: c0, c1, c2, c3, c4 and 6 more',
          evidence: Array.from({ length: 5 }, (_, i) => `c${i}: storage is away`),
        },
      },
    });
  });

  it('gives the pause with its times', () => {
    const gap = { from: Date.UTC(2026, 0, 1, 3, 0), to: Date.UTC(2026, 0, 1, 3, 4) };
    const [entry] = judgeMissed({ gap, failed: [] }).verdicts;
    expect(entry?.verdict).toMatchObject({
      finding: {
        summary: 'nobody watched the fleet from 2026-01-01T03:00:00.000Z to 2026-01-01T03:04:00.000Z',
        evidence: ['the last sweep ended 240 s before the next began'],
      },
    });
  });
});
