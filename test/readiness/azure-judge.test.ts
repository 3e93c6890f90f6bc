import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { AzureFailure, KeyVersion } from '../../shared/readiness/exercise/azure-exercise.ts';
import { judgeAzureKeyVault } from '../../shared/readiness/judge/azure-key-vault.ts';
import { readinessCodes } from '../../shared/readiness/readiness.ts';
import { anExercise, day, failed, now, ok, protectedKey, told } from './azure-examples.ts';

describe('a seal of Azure Key Vault', () => {
  it('that works is ready, and nothing is told', () => {
    const judged = judgeAzureKeyVault(anExercise(), now);
    expect(judged).toMatchObject({ standing: { state: 'ready' }, problems: [] });
    expect(Object.keys(judged.unjudged)).toEqual(['seal-token-too-wide']);
  });

  it.each([
    [31, 'ready', []],
    [30, 'at-risk', ['seal-secret-expiring warning']],
    [4, 'at-risk', ['seal-secret-expiring warning']],
    [3, 'at-risk', ['seal-secret-expiring critical']],
  ] as const)('whose certificate ends in %i days is %s', (days, state, problems) => {
    const life = ok({ of: 'certificate' as const, endsAt: now + days * day, lifeMs: 365 * day });
    const judged = judgeAzureKeyVault(anExercise({ life }), now);
    expect([judged.standing.state, told(judged)]).toEqual([state, problems]);
    expect(judged.standing.state === 'at-risk' ? judged.standing.at : undefined).toBe(
      state === 'at-risk' ? life.value.endsAt : undefined,
    );
  });

  it.each([
    [31, 'ready', []],
    [29, 'at-risk', ['seal-key-expiring warning']],
    [2, 'at-risk', ['seal-key-expiring critical']],
  ] as const)('whose key expires in %i days is %s', (days, state, problems) => {
    const newest = ok(protectedKey('v3', { expiresAt: now + days * day }));
    const judged = judgeAzureKeyVault(anExercise({ newest }), now);
    expect([judged.standing.state, told(judged)]).toEqual([state, problems]);
  });

  it('whose key lives for a week only is not told all its life', () => {
    const at = (left: number) =>
      told(
        judgeAzureKeyVault(
          anExercise({
            newest: ok(
              protectedKey('v3', { createdAt: now - (7 - left) * day, expiresAt: now + left * day }),
            ),
          }),
          now,
        ),
      );
    expect([at(6), at(2), at(0.5)]).toEqual([
      [],
      ['seal-key-expiring warning'],
      ['seal-key-expiring critical'],
    ]);
  });

  it('is at risk of what comes first', () => {
    const life = ok({ of: 'certificate' as const, endsAt: now + 20 * day, lifeMs: 365 * day });
    const newest = ok(protectedKey('v3', { expiresAt: now + 10 * day }));
    expect(judgeAzureKeyVault(anExercise({ life, newest }), now).standing).toMatchObject({
      state: 'at-risk',
      at: now + 10 * day,
      why: 'the newest version of key unseal expires in 10 days',
    });
  });

  it('whose version before the newest is disabled is at risk in the week after: who has not wrapped anew cannot unseal', () => {
    const newest = ok(protectedKey('v3', { createdAt: now - 7 * day + 1 }));
    const versions = ok([
      protectedKey('v1', { createdAt: now - 300 * day }),
      protectedKey('v3'),
      protectedKey('v2', { createdAt: now - 200 * day, enabled: false }),
    ]);
    const judged = judgeAzureKeyVault(anExercise({ newest, versions }), now);
    expect(judged.standing).toMatchObject({ state: 'at-risk', at: now });
    expect(told(judged)).toEqual(['seal-key-version-at-risk warning']);
    expect(judged.problems[0]?.evidence).toEqual(['Version v2 of key unseal is disabled.']);
    const later = judgeAzureKeyVault(anExercise({ newest, versions }), now + 1);
    expect([later.standing.state, told(later)]).toEqual(['ready', ['seal-key-version-at-risk info']]);
    expect(later.problems[0]?.evidence).toEqual([
      'Disabled: v2.',
      'Whoever had no new leader and no restart since the newest version was made still needs the one before it.',
    ]);
  });

  it('whose oldest version is disabled stays ready: only snapshots can need that one', () => {
    const versions = ok([
      protectedKey('v1', { createdAt: now - 300 * day, enabled: false }),
      protectedKey('v2', { createdAt: now - 200 * day }),
      protectedKey('v3'),
    ]);
    const judged = judgeAzureKeyVault(anExercise({ versions }), now);
    expect([judged.standing.state, told(judged)]).toEqual(['ready', ['seal-key-version-at-risk info']]);
  });

  it.each([
    ['Purgeable', ['seal-key-version-at-risk warning']],
    ['Recoverable+Purgeable', ['seal-key-version-at-risk info']],
    ['CustomizedRecoverable+Purgeable', ['seal-key-version-at-risk info']],
    ['Recoverable', []],
    ['CustomizedRecoverable+ProtectedSubscription', []],
  ])('with recovery level %s', (recoveryLevel, problems) => {
    const newest = ok(protectedKey('v3', { recoveryLevel }));
    const judged = judgeAzureKeyVault(anExercise({ newest }), now);
    expect([judged.standing.state, told(judged)]).toEqual(['ready', problems]);
  });

  it('knows since when its key is there, where every version says when it was made', () => {
    const old = protectedKey('v1', { createdAt: now - 300 * day });
    const since = (...all: KeyVersion[]) =>
      judgeAzureKeyVault(anExercise({ versions: ok(all) }), now).keySince;
    expect(since(protectedKey('v3'), old)).toBe(now - 300 * day);
    expect(since(protectedKey('v3'), { version: 'v2', enabled: true }, old)).toBeUndefined();
    expect(since()).toBeUndefined();
    const { keySince } = judgeAzureKeyVault(anExercise({ versions: failed('denied') }), now);
    expect(keySince).toBeUndefined();
  });

  it('that is throttled is a warning, everything else that fails a page', () => {
    const severity = (code: AzureFailure) =>
      told(judgeAzureKeyVault(anExercise({ works: failed(code) }), now))[0];
    expect(severity('throttled')).toBe('seal-not-ready warning');
    expect(severity('secret-invalid')).toBe('seal-not-ready own');
  });

  it('of a managed identity never tells of a secret', () => {
    const judged = judgeAzureKeyVault(anExercise({ indirect: true, life: failed('no-credential') }), now);
    expect(judged).toMatchObject({
      standing: { state: 'ready' },
      indirect: true,
      problems: [],
    });
    expect(judged.unjudged).not.toHaveProperty('seal-secret-expiring');
  });
});

const failures: AzureFailure[] = [
  'no-credential',
  'secret-invalid',
  'secret-expired',
  'app-unknown',
  'tenant-unknown',
  'login-refused',
  'denied',
  'firewall',
  'key-missing',
  'key-disabled',
  'key-expired',
  'not-unwrapped',
  'throttled',
  'unreachable',
  'timeout',
  'odd',
];
const tried = <T>(value: fc.Arbitrary<T>) =>
  fc.oneof(
    value.map((of) => ok(of)),
    fc.constantFrom(...failures).map(failed),
  );
const time = fc.integer({ min: now - 800 * day, max: now + 800 * day });
const aVersion = fc.record(
  {
    version: fc.constantFrom('v1', 'v2', 'v3', 'v4'),
    enabled: fc.boolean(),
    createdAt: time,
    updatedAt: time,
    expiresAt: time,
    recoveryLevel: fc.constantFrom('Purgeable', 'Recoverable', 'Recoverable+Purgeable'),
  },
  { requiredKeys: ['version', 'enabled'] },
) as fc.Arbitrary<KeyVersion>;
const anyExercise = fc.record({
  vault: fc.constant('https://kv-unseal.vault.azure.net'),
  key: fc.constant('unseal'),
  indirect: fc.boolean(),
  works: tried(fc.record({ version: fc.constant('v3') })),
  newest: tried(aVersion),
  versions: tried(fc.array(aVersion, { maxLength: 6 })),
  life: tried(
    fc.record({
      of: fc.constantFrom('secret' as const, 'certificate' as const),
      endsAt: time,
      lifeMs: fc.integer({ min: day, max: 800 * day }),
    }),
  ),
});
const anyLed = fc
  .tuple(anyExercise, fc.option(time, { nil: undefined }))
  .map(([exercise, leaderSince]) => ({ ...exercise, ...(leaderSince !== undefined && { leaderSince }) }));

describe('whatever an exercise finds', () => {
  it('a code is told at most once, and never told and unjudged at once', () => {
    fc.assert(
      fc.property(anyLed, (exercise) => {
        const { problems, unjudged } = judgeAzureKeyVault(exercise, now);
        const codes = problems.map(({ code }) => code);
        expect(new Set(codes).size).toBe(codes.length);
        expect(codes.filter((code) => unjudged[code] !== undefined)).toEqual([]);
      }),
    );
  });

  it('ready and at-risk need a seal that worked; not-ready and unknown say so in a finding', () => {
    fc.assert(
      fc.property(anyLed, (exercise) => {
        const { standing, problems, indirect } = judgeAzureKeyVault(exercise, now);
        const codes = problems.map(({ code }) => code);
        const worked = exercise.works.ok || exercise.works.code === 'key-expired';
        if (['ready', 'at-risk'].includes(standing.state)) expect(worked).toBe(true);
        if (exercise.leaderSince === undefined)
          expect(['ready', 'at-risk'].includes(standing.state)).toBe(worked);
        expect(codes.includes('seal-not-ready')).toBe(standing.state === 'not-ready');
        expect(codes.includes('readiness-unknown')).toBe(standing.state === 'unknown');
        expect(indirect === true).toBe(exercise.indirect);
      }),
    );
  });

  it('what was not learned resolves nothing: unknown leaves every finding of the seal as it is', () => {
    fc.assert(
      fc.property(anyLed, (exercise) => {
        const { standing, unjudged, problems } = judgeAzureKeyVault(exercise, now);
        fc.pre(standing.state === 'unknown');
        const told = problems.map(({ code }) => code);
        const own = readinessCodes.filter((code) => /^seal-(not-ready|secret|key)/.test(code));
        expect(own.filter((code) => unjudged[code] === undefined && !told.includes(code))).toEqual([]);
      }),
    );
  });

  it('is judged again when time passes: what is at risk only gets worse, but for a version that was needed for a while', () => {
    const rank = { ready: 0, 'at-risk': 1, 'not-ready': 2, unknown: 2 };
    fc.assert(
      fc.property(anyExercise, fc.integer({ min: 0, max: 900 * day }), (exercise, ms) => {
        const [before, after] = [judgeAzureKeyVault(exercise, now), judgeAzureKeyVault(exercise, now + ms)];
        fc.pre(!before.problems.some(({ code }) => code === 'seal-key-version-at-risk'));
        expect(rank[after.standing.state]).toBeGreaterThanOrEqual(rank[before.standing.state]);
      }),
    );
  });
});
