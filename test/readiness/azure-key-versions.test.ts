/** Older versions of a key that are disabled, and the leader that tells which of them its cluster needs. */
import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { KeyVersion } from '../../shared/readiness/exercise/azure-exercise.ts';
import { judgeAzureKeyVault } from '../../shared/readiness/judge/azure-key-vault.ts';
import { anExercise, day, failed, now, ok, protectedKey, told } from './azure-examples.ts';

describe('a seal whose version before the newest is disabled', () => {
  const made = now - 3 * day;
  const newest = ok(protectedKey('v3', { createdAt: made }));
  const v1 = protectedKey('v1', { createdAt: now - 300 * day });
  const v2 = protectedKey('v2', { createdAt: now - 200 * day, enabled: false, updatedAt: now - day });
  const judgeLed = (leaderSince?: number, ...all: KeyVersion[]) =>
    judgeAzureKeyVault(
      anExercise({
        newest,
        versions: ok([newest.value, ...(all.length > 0 ? all : [v1, v2])]),
        ...(leaderSince !== undefined && { leaderSince }),
      }),
      now,
    );

  it.each([11_000, 100 * day])(
    'is not ready where its leader took over %i ms before the newest was made: what it is wrapped with is shut',
    (ms) => {
      const { standing, problems, unjudged, evidence } = judgeLed(made - ms);
      const since = new Date(made - ms).toISOString();
      const why = `version v2 of key unseal is disabled, and the cluster is wrapped with it: it has had no new leader since ${since}`;
      expect(standing).toEqual({ state: 'not-ready', why });
      expect(problems.map(({ code }) => code)).toEqual(['seal-not-ready']);
      expect(problems[0]).toMatchObject({
        summary: why,
        advice: expect.stringContaining('Enable') as string,
      });
      expect(unjudged).not.toHaveProperty('seal-not-ready');
      expect(evidence).toContain(
        `Its active node leads since ${since}, and wrapped with what was newest then; the newest one now is v3, made ${new Date(made).toISOString()}.`,
      );
    },
  );

  it('is not ready for that after a week, too, and whatever else could not be tried', () => {
    for (const works of [failed('throttled'), failed('odd'), failed('key-expired'), ok({ version: 'v3' })]) {
      const exercise = anExercise({
        works,
        newest,
        versions: ok([newest.value, v1, v2]),
        leaderSince: made - day,
      });
      const judged = judgeAzureKeyVault(exercise, now + 30 * day);
      expect([judged.standing.state, told(judged)]).toEqual(['not-ready', ['seal-not-ready own']]);
    }
    const dead = anExercise({
      works: failed('secret-invalid'),
      newest,
      versions: ok([v1, v2]),
      leaderSince: made - day,
    });
    expect(judgeAzureKeyVault(dead, now).standing).toMatchObject({ why: 'it is secret-invalid' });
  });

  it('is ready where its leader took over while that was enabled still: only snapshots need it', () => {
    const judged = judgeLed(now - 2 * day);
    expect([judged.standing.state, told(judged)]).toEqual(['ready', ['seal-key-version-at-risk info']]);
    expect(judged.problems[0]?.evidence).toEqual(['Disabled: v2.']);
  });

  it('is ready where that was made after its leader took over: it never wrapped with it', () => {
    const judged = judgeLed(now - 250 * day);
    expect([judged.standing.state, told(judged)]).toEqual(['ready', ['seal-key-version-at-risk info']]);
  });

  it.each<[string, number | undefined, KeyVersion]>([
    ['nobody saw its leader', undefined, v2],
    ['its leader took over as the newest was made', made + 9_000, v2],
    ['its leader took over as the newest was made', made - 9_000, v2],
    ['that was disabled when its leader took over', now - day / 2, v2],
    ['that may have been disabled when its leader took over', now - day + 9_000, v2],
    [
      'nobody says when that was disabled',
      now - 2 * day,
      protectedKey('v2', { createdAt: now - 200 * day, enabled: false }),
    ],
  ])('is at risk where %s', (_why, leaderSince, older) => {
    const { standing, unjudged, ...judged } = judgeLed(leaderSince, v1, older);
    expect(standing).toMatchObject({ state: 'at-risk', at: now });
    expect(told({ standing, unjudged, ...judged })).toEqual(['seal-key-version-at-risk warning']);
    expect(unjudged).toHaveProperty('seal-not-ready');
  });

  it('needs another one that expired: Key Vault unwraps with that all the same', () => {
    const expired = { ...v1, expiresAt: now - day };
    expect(judgeLed(now - 250 * day, expired, v2).standing).toEqual({ state: 'ready' });
  });
});

describe('whatever versions an enabled key has', () => {
  const made = now - 5 * day;
  const newest = protectedKey('newest', { createdAt: made });
  /** All made before the newest one, each at a time of its own. */
  const older = fc
    .uniqueArray(
      fc.record({
        hours: fc.integer({ min: 1, max: 2_000 }),
        enabled: fc.boolean(),
        changedMs: fc.integer({ min: 0, max: 5 * day }),
      }),
      { maxLength: 6, selector: ({ hours }) => hours },
    )
    .map((all) =>
      all.map(({ hours, enabled, changedMs }) =>
        protectedKey(`of ${hours}`, {
          enabled,
          createdAt: made - hours * 3_600_000,
          updatedAt: now - changedMs,
        }),
      ),
    );
  const standingOf = (versions: KeyVersion[], leaderSince: number) =>
    judgeAzureKeyVault(
      anExercise({ newest: ok(newest), versions: ok([newest, ...versions]), leaderSince }),
      now,
    ).standing.state;

  it('a leader since the newest was made is never not ready', () => {
    fc.assert(
      fc.property(older, fc.integer({ min: 0, max: 5 * day }), (versions, ms) => {
        expect(standingOf(versions, made + ms)).not.toBe('not-ready');
      }),
    );
  });

  it('a leader from before is not ready if, and only if, the newest one of its time is disabled', () => {
    fc.assert(
      fc.property(older, fc.integer({ min: 1, max: 2_000 }), (versions, hours) => {
        const since = made - hours * 3_600_000 + 1_800_000;
        const [needed] = versions
          .filter(({ createdAt = 0 }) => createdAt < since)
          .toSorted((a, b) => (b.createdAt ?? 0) - (a.createdAt ?? 0));
        expect(standingOf(versions, since) === 'not-ready').toBe(needed?.enabled === false);
      }),
    );
  });
});
