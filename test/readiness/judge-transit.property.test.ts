/** What holds for any exercise at all. */
import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { Severity } from '../../shared/finding.ts';
import type {
  SealToken,
  TransitExercise,
  TransitFailure,
} from '../../shared/readiness/exercise/transit-exercise.ts';
import { judgeTransit } from '../../shared/readiness/judge/transit.ts';
import { readinessCodes } from '../../shared/readiness/readiness.ts';
import { readinessSchema } from '../../shared/state/readiness-schema.ts';
import { anExercise, day, failing, hour, now, rightsOf, seal } from './examples.ts';

const failures = [
  'no-credential',
  'stopped',
  'odd-answer',
  'encrypt-denied',
  'decrypt-denied',
  'denied',
  'key-missing',
  'key-unusable',
  'provider-sealed',
  'provider-unreachable',
  'provider-tls',
  'refused',
] as const satisfies TransitFailure[];

const failure = fc.constantFrom(...failures).map((code) => failing(code));
const worked = <T>(value: fc.Arbitrary<T>) => value.map((each) => ({ ok: true as const, value: each }));
const ms = fc.oneof(fc.constant(0), fc.integer({ min: 1, max: 400 * day }));
const anyToken: fc.Arbitrary<SealToken> = fc.record({
  ttlMs: ms,
  periodMs: ms,
  creationTtlMs: ms,
  explicitMaxTtlMs: ms,
  ageMs: ms,
  orphan: fc.boolean(),
  renewable: fc.boolean(),
  policies: fc.subarray(['default', 'seal-payments', 'operators', 'root']),
});
const version = fc.integer({ min: 1, max: 9 });
/** Near enough to each other that all orders are met. */
const recently = fc.oneof(
  fc.integer({ min: now - 60_000, max: now }),
  fc.integer({ min: now - 20 * day, max: now }),
);
const anyExercise: fc.Arbitrary<TransitExercise> = fc.record({
  address: fc.constant('https://root-0:8200'),
  passedOver: fc.array(fc.constant('https://root-1:8200 is sealed (503)')),
  roundTrip: fc.oneof(worked(fc.record({ keyVersion: version })), failure),
  token: fc.oneof(worked(anyToken), failure),
  rights: fc.oneof(
    worked(fc.constantFrom(rightsOf().value, rightsOf({ 'transit/encrypt/payments': ['create'] }).value, {})),
    failure,
  ),
  key: fc.oneof(
    worked(
      fc.record(
        {
          latestVersion: version,
          minDecryptionVersion: version,
          deletionAllowed: fc.boolean(),
          minMadeAt: recently,
        },
        { requiredKeys: ['latestVersion', 'minDecryptionVersion', 'deletionAllowed'] },
      ),
    ),
    failure,
  ),
});
/** The same, and since when its cluster's active node leads. */
const anyLed = fc
  .tuple(anyExercise, fc.option(recently, { nil: undefined }))
  .map(([exercise, leaderSince]) => ({ ...exercise, ...(leaderSince !== undefined && { leaderSince }) }));
const check = (test: (exercise: TransitExercise) => void) =>
  fc.assert(fc.property(anyLed, test), { numRuns: 500 });

describe('whatever an exercise finds', () => {
  it('nothing is ready, or only at risk, unless the round trip worked', () => {
    check((exercise) => {
      const { state } = judgeTransit(seal, exercise, now).standing;
      const { leaderSince, roundTrip, key } = exercise;
      const isLost =
        key.ok &&
        key.value.minDecryptionVersion > 1 &&
        leaderSince !== undefined &&
        key.value.minMadeAt !== undefined &&
        leaderSince < key.value.minMadeAt - 10_000;
      expect(state === 'ready' || state === 'at-risk').toBe(roundTrip.ok && !isLost);
    });
  });

  it('a leader takes nothing from a seal that works, unless it is older than the oldest version that decrypts', () => {
    check((exercise) => {
      const { leaderSince, ...unseen } = exercise;
      const minMadeAt = exercise.key.ok ? exercise.key.value.minMadeAt : undefined;
      fc.pre(leaderSince === undefined || minMadeAt === undefined || leaderSince >= minMadeAt);
      const { standing, problems, unjudged } = judgeTransit(seal, exercise, now);
      expect({ standing, problems, unjudged }).toEqual(
        (({ standing, problems, unjudged }) => ({ standing, problems, unjudged }))(
          judgeTransit(seal, unseen, now),
        ),
      );
    });
  });

  it('a code is told, left as it was, or absent: never two of them, and told once', () => {
    check((exercise) => {
      const { problems, unjudged } = judgeTransit(seal, exercise, now);
      const told = problems.map(({ code }) => code);
      expect(new Set(told).size).toBe(told.length);
      expect(told.filter((code) => code in unjudged)).toEqual([]);
    });
  });

  it('what does not unseal is told, and what is unknown is told as that', () => {
    check((exercise) => {
      const { standing, problems } = judgeTransit(seal, exercise, now);
      const told = problems.map(({ code }) => code);
      expect(told.includes('seal-not-ready')).toBe(standing.state === 'not-ready');
      expect(told.includes('readiness-unknown')).toBe(standing.state === 'unknown');
    });
  });

  it('it can be kept, and each code of it is a known one', () => {
    check((exercise) => {
      const judged = judgeTransit(seal, exercise, now);
      const row = { ...judged, cluster: 'payments', seal: 'transit', at: now, validUntil: now + hour };
      expect(readinessSchema.parse(row)).toEqual(row);
      for (const code of Object.keys(judged.unjudged)) expect(readinessCodes).toContain(code);
    });
  });

  it('nothing that worked makes it worse: only a round trip that failed, an end or a version lost of late does', () => {
    check((exercise) => {
      const best = { ...anExercise(), roundTrip: exercise.roundTrip };
      const { state } = judgeTransit(seal, best, now).standing;
      if (exercise.roundTrip.ok) expect(state).toBe('ready');
    });
  });
});

const rank: Record<Severity | 'none', number> = { none: 0, info: 1, warning: 2, critical: 3 };

function severityOf(token: SealToken): number {
  const { problems } = judgeTransit(seal, anExercise({ token: { ok: true, value: token } }), now);
  const told = problems.find(({ code }) => code === 'seal-token-expiring');
  return rank[told ? (told.severity ?? 'warning') : 'none'];
}

describe('less time left', () => {
  it('of its TTL is never told as less severe', () => {
    fc.assert(
      fc.property(anyToken, ms, (token, less) => {
        // A TTL and a life of 0 say that it never ends.
        fc.pre(token.creationTtlMs > 0);
        const later = { ...token, ttlMs: Math.max(0, token.ttlMs - less) };
        expect(severityOf(later)).toBeGreaterThanOrEqual(severityOf(token));
      }),
      { numRuns: 500 },
    );
  });

  it('of its explicit maximum is never told as less severe', () => {
    fc.assert(
      fc.property(anyToken, ms, (token, older) => {
        expect(severityOf({ ...token, ageMs: token.ageMs + older })).toBeGreaterThanOrEqual(
          severityOf(token),
        );
      }),
      { numRuns: 500 },
    );
  });
});
