/** Versions of a transit seal's key that are lost, or can be, and the leader that tells which of them its cluster needs. */
import { describe, expect, it } from 'vitest';
import type { TransitExercise } from '../../shared/readiness/exercise/transit-exercise.ts';
import { judgeTransit } from '../../shared/readiness/judge/transit.ts';
import { anExercise, day, failing, hour, now, seal, tokenThat } from './examples.ts';

const judge = (over: Partial<TransitExercise> = {}) => judgeTransit(seal, anExercise(over), now);

describe('the versions of the key', () => {
  const key = (over: object) => ({
    ok: true as const,
    value: { latestVersion: 5, minDecryptionVersion: 1, deletionAllowed: false, ...over },
  });

  it('are at risk while the key may be deleted', () => {
    expect(judge({ key: key({ deletionAllowed: true }) }).problems).toMatchObject([
      {
        code: 'seal-key-version-at-risk',
        advice: expect.stringContaining('transit/keys/payments/config') as string,
      },
    ]);
  });

  it('that no longer decrypt are a risk for the week after: the cluster may not have wrapped anew yet', () => {
    const minMadeAt = now - 7 * day + 1;
    const { standing, problems, unjudged } = judge({ key: key({ minDecryptionVersion: 4, minMadeAt }) });
    expect(standing).toMatchObject({
      state: 'at-risk',
      why: expect.stringContaining('before 4 no longer decrypt') as string,
    });
    expect([problems, Object.keys(unjudged)]).toEqual([[], ['seal-not-ready']]);
  });

  it('that no longer decrypt are how a rotation ends: a line of evidence, and an alert of deletion resolves', () => {
    const minMadeAt = now - 7 * day;
    const { standing, problems, unjudged, evidence } = judge({
      key: key({ minDecryptionVersion: 4, minMadeAt }),
    });
    expect(standing.state).toBe('ready');
    expect([problems, unjudged]).toEqual([[], {}]);
    expect(evidence).toContainEqual(expect.stringContaining('ersions of its key before 4 no longer decrypt'));
  });

  it.each([
    ['a day', day],
    ['a year', 365 * day],
    ['11 s', 11_000],
  ])(
    'that no longer decrypt are what it is wrapped with, where it leads since %s before the oldest one left: not ready',
    (_how, ms) => {
      const minMadeAt = now - 30 * day;
      const { standing, problems, unjudged, evidence } = judge({
        key: key({ minDecryptionVersion: 4, minMadeAt }),
        leaderSince: minMadeAt - ms,
      });
      expect(standing).toEqual({
        state: 'not-ready',
        why: 'versions of its key before 4 no longer decrypt, and it is wrapped with one of them: it has had no new leader since version 4 was made',
      });
      const times = `Its active node leads since ${new Date(minMadeAt - ms).toISOString()}; version 4 was made ${new Date(minMadeAt).toISOString()}.`;
      expect(problems).toEqual([
        {
          code: 'seal-not-ready',
          summary: standing.state === 'not-ready' ? standing.why : '',
          evidence: [times],
          advice: expect.stringContaining(
            'Lower min_decryption_version of transit/keys/payments/config',
          ) as string,
        },
      ]);
      expect(unjudged).toEqual({});
      expect(evidence).toContain(times);
    },
  );

  it('that no longer decrypt are a page before the end of its token: it would not unseal now', () => {
    const { standing } = judge({
      key: key({ minDecryptionVersion: 4, minMadeAt: now - day }),
      leaderSince: now - 2 * day,
      token: tokenThat({ ttlMs: hour }),
    });
    expect(standing).toMatchObject({
      state: 'not-ready',
      why: expect.stringContaining('before 4') as string,
    });
  });

  it.each([
    ['since after', 11_000],
    ['since about as long as', 9_000],
    ['since about as long as', -9_000],
  ])(
    'that no longer decrypt are a risk where it leads %s the oldest one left (%i ms): nobody knows what it found',
    (_how, ms) => {
      const minMadeAt = now - day;
      const found = key({ minDecryptionVersion: 4, minMadeAt });
      const seen = judge({ key: found, leaderSince: minMadeAt + ms });
      const unseen = judge({ key: found });
      expect([seen.standing, seen.problems, seen.unjudged]).toEqual([
        unseen.standing,
        unseen.problems,
        unseen.unjudged,
      ]);
      expect(seen.standing.state).toBe('at-risk');
    },
  );

  it('all decrypt, and it leads since before the first of them: that is no version lost', () => {
    const { standing } = judge({ key: key({ minMadeAt: now - day }), leaderSince: now - 2 * day });
    expect(standing).toEqual({ state: 'ready' });
  });

  it('are unjudged where they cannot be read', () => {
    const { standing, unjudged } = judge({ key: failing('denied', 'not read: a line') });
    expect(standing.state).toBe('ready');
    expect(unjudged).toEqual({ 'seal-key-version-at-risk': 'not read: a line' });
  });
});
