import { describe, expect, it } from 'vitest';
import type { TransitExercise, TransitFailure } from '../../shared/readiness/exercise/transit-exercise.ts';
import { judgeTransit } from '../../shared/readiness/judge/transit.ts';
import { anExercise, aToken, day, failing, hour, now, rightsOf, seal, tokenThat } from './examples.ts';

const judge = (over: Partial<TransitExercise> = {}) => judgeTransit(seal, anExercise(over), now);
const codes = (over: Partial<TransitExercise>) =>
  judge(over).problems.map(({ code, severity }) => (severity ? `${code} ${severity}` : code));

describe('a seal whose token and key work', () => {
  it('is ready, and nothing is told', () => {
    expect(judge()).toEqual({
      standing: { state: 'ready' },
      evidence: [
        'transit/encrypt and decrypt with payments at https://root-0.example.com:8200: what was encrypted came back, with key version 3.',
        'Token: periodic (32 days), orphan, renewable; 32 days left.',
        'Key payments of root: latest version 3, decrypts from version 1 on.',
      ],
      problems: [],
      unjudged: {},
    });
  });

  it('names the nodes of the provider that did not serve', () => {
    const { standing, evidence } = judge({ passedOver: ['https://root-1.example.com:8200 is sealed (503)'] });
    expect(standing.state).toBe('ready');
    expect(evidence).toContain('Passed over: https://root-1.example.com:8200 is sealed (503).');
  });
});

describe('when its key was made', () => {
  const keyThat = (min: number, minMadeAt?: number) => ({
    key: {
      ok: true as const,
      value: {
        latestVersion: 3,
        minDecryptionVersion: min,
        deletionAllowed: false,
        ...(minMadeAt !== undefined && { minMadeAt }),
      },
    },
  });

  it('is known while its first version is there: a raised minimum is no new key', () => {
    expect(judge(keyThat(1, now - day)).keySince).toBe(now - day);
    expect(judge(keyThat(1))).not.toHaveProperty('keySince');
    expect(judge(keyThat(2, now - day))).not.toHaveProperty('keySince');
  });
});

describe('a round trip that failed', () => {
  it.each<[TransitFailure, string, string[]]>([
    ['encrypt-denied', 'not-ready', ['seal-not-ready']],
    ['decrypt-denied', 'not-ready', ['seal-not-ready']],
    ['denied', 'not-ready', ['seal-not-ready']],
    ['key-missing', 'not-ready', ['seal-not-ready']],
    ['key-unusable', 'not-ready', ['seal-not-ready']],
    ['provider-sealed', 'not-ready', ['seal-not-ready', 'seal-provider-down']],
    ['provider-unreachable', 'not-ready', ['seal-not-ready', 'seal-provider-down']],
    ['provider-tls', 'not-ready', ['seal-not-ready', 'seal-provider-down']],
    ['no-credential', 'unknown', ['readiness-unknown']],
    ['stopped', 'unknown', ['readiness-unknown']],
    ['odd-answer', 'unknown', ['readiness-unknown']],
    ['refused', 'unknown', ['readiness-unknown']],
  ])('%s: %s', (code, state, told) => {
    const roundTrip = failing(code);
    const found = judge({ roundTrip });
    expect(found.standing.state).toBe(state);
    expect(found.problems.map((problem) => problem.code)).toEqual(told);
    const isUnknown = state === 'unknown';
    expect(Object.keys(found.unjudged)).toEqual(isUnknown ? ['seal-not-ready', 'seal-provider-down'] : []);
  });

  const encrypt = failing('encrypt-denied', 'encrypt is refused (403)');
  const line = 'path "transit/encrypt/payments" { capabilities = ["update"] }';
  it.each<[string, Partial<TransitExercise>, string]>([
    [
      'a token that nobody knows',
      { token: failing('denied'), rights: failing('denied') },
      "root does not know the seal's token any more, it was revoked or has expired",
    ],
    [
      'a policy without the path',
      { rights: rightsOf({ 'transit/encrypt/payments': [] }) },
      `its policy lacks ${line}`,
    ],
    [
      'rights that cannot be read',
      { rights: failing('denied') },
      `its policy lacks ${line}, or the key is gone`,
    ],
    ['a key that is not there', {}, 'its policy allows it, so transit key payments of root is gone'],
  ])('403 means %s', (_what, over, why) => {
    expect(judge({ roundTrip: encrypt, ...over }).standing).toMatchObject({
      why: expect.stringContaining(`encrypt is refused (403): ${why}`) as string,
    });
  });

  it("says that the key is gone where Sealwatch's own login saw that", () => {
    const key = failing('key-missing', 'https://root-0:8200 knows no such path or key (404)');
    expect(judge({ roundTrip: key, key }).standing).toEqual({
      state: 'not-ready',
      why: 'transit key payments of root is gone: https://root-0:8200 knows no such path or key (404)',
    });
  });
});

describe('the end of a token', () => {
  const ends = (over: Parameters<typeof tokenThat>[0]) => judge({ token: tokenThat(over) });

  it.each<[number, string[]]>([
    [768 * hour, []],
    // Where Vault's own client renews at the latest: 73 % of the lease are over.
    [208 * hour, []],
    [191 * hour, ['seal-token-expiring warning']],
    [72 * hour, ['seal-token-expiring critical']],
    [0, ['seal-token-expiring critical']],
  ])('of a periodic one of 768 h with %i ms left: %j', (ttlMs, told) => {
    expect(codes({ token: tokenThat({ ttlMs }) })).toEqual(told);
  });

  it('is when the standing ends', () => {
    expect(ends({ ttlMs: 50 * hour }).standing).toEqual({
      state: 'at-risk',
      why: "the seal's token ends in 2 days: nothing has renewed it",
      at: now + 50 * hour,
    });
  });

  it('does not page all the short life of one of a day', () => {
    const daily = { periodMs: day, creationTtlMs: day };
    expect(codes({ token: tokenThat({ ...daily, ttlMs: 20 * hour }) })).toEqual([]);
    expect(codes({ token: tokenThat({ ...daily, ttlMs: 2 * hour }) })).toEqual([
      'seal-token-expiring critical',
    ]);
  });

  it('of one that is renewed on time, though not periodic, is not told at a third', () => {
    const renewed = { periodMs: 0, creationTtlMs: 32 * day };
    expect(codes({ token: tokenThat({ ...renewed, ttlMs: 10 * day }) })).toEqual(['seal-token-not-periodic']);
    expect(codes({ token: tokenThat({ ...renewed, ttlMs: 7 * day }) })).toContain(
      'seal-token-expiring warning',
    );
  });

  it('comes with its explicit maximum, however often it is renewed', () => {
    const { standing, problems } = ends({
      periodMs: day,
      creationTtlMs: day,
      ttlMs: 20 * hour,
      explicitMaxTtlMs: 90 * day,
      ageMs: 70 * day,
    });
    expect(standing).toMatchObject({ state: 'at-risk', at: now + 20 * day });
    expect(problems.map(({ code }) => code)).toEqual(['seal-token-expiring', 'seal-token-not-periodic']);
  });

  it('never comes for a root token, and comes at once for one whose last second it is', () => {
    const never = tokenThat({ ttlMs: 0, creationTtlMs: 0, periodMs: 0, policies: ['root'] });
    expect(codes({ token: never })).toEqual(['seal-token-too-wide critical']);
    expect(ends({ ttlMs: 0 }).standing).toEqual({
      state: 'at-risk',
      why: expect.any(String) as string,
      at: now,
    });
  });
});

describe('what a token may do', () => {
  it.each<[string, Record<string, string[]>, string]>([
    [
      'may create the key',
      { 'transit/encrypt/payments': ['create', 'update'] },
      'It may also create on transit/encrypt/payments: were the key deleted, the next encryption would make a new one unseen.',
    ],
    [
      'may configure the key',
      { 'transit/keys/payments/config': ['update'] },
      'It may also update on transit/keys/payments/config.',
    ],
    [
      'may make tokens',
      { 'auth/token/create': ['update', 'sudo'] },
      'It may also update, sudo on auth/token/create.',
    ],
  ])('%s: too wide', (_what, rights, line) => {
    const { problems, standing } = judge({ rights: rightsOf(rights) });
    expect(problems).toMatchObject([
      { code: 'seal-token-too-wide', evidence: [line, 'Policies: seal-payments.'] },
    ]);
    expect(standing.state).toBe('ready');
  });

  it('is told by the names of its policies where it cannot be read', () => {
    const rights = failing('denied', 'sys/capabilities-self is refused (403)');
    expect(codes({ rights })).toEqual([]);
    const token = tokenThat({ policies: ['default', 'seal-payments', 'operators'] });
    expect(codes({ rights, token })).toEqual(['seal-token-too-wide']);
  });

  it('stays a line however many policies there are', () => {
    const policies = Array.from({ length: 200 }, (_, n) => `policy-${n}`);
    const [problem] = judge({ token: tokenThat({ policies }) }).problems;
    expect(problem?.evidence[0]).toMatch(/ and 190 more\.$/);
    expect(problem?.evidence[0]?.length).toBeLessThan(600);
  });

  it('is unjudged with its life where the token has no policy default', () => {
    const token = failing('denied', 'auth/token/lookup-self is refused (403)');
    const { standing, problems, unjudged, evidence } = judge({ token, rights: token });
    expect(standing).toEqual({ state: 'ready' });
    expect(problems).toEqual([]);
    expect(Object.keys(unjudged)).toEqual([
      'seal-token-expiring',
      'seal-token-not-periodic',
      'seal-token-too-wide',
    ]);
    expect(evidence).toContain('The token cannot be looked up: auth/token/lookup-self is refused (403).');
  });
});

it('a note on the reference is shown', () => {
  expect(judge({ note: 'White space around it.', token: { ok: true, value: aToken() } }).evidence).toContain(
    'White space around it.',
  );
});
