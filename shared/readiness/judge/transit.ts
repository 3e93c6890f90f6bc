/** Readiness of a cluster that another one unseals: judged from an exercise of its seal's own token and key. Pure. */
import type { Seal } from '../../fleet/fleet.ts';
import type { TransitExercise, TransitFailure } from '../exercise/transit-exercise.ts';
import type { Judged, ReadinessProblem, Standing } from '../readiness.ts';
import { leadsSince } from './leader-margin.ts';
import { settledMs } from './life.ts';
import { judgeSealToken } from './seal-token.ts';
import { whyFailed } from './transit-failed.ts';

type TransitSeal = Extract<Seal, { type: 'transit' }>;
type Part = Pick<Judged, 'evidence' | 'problems' | 'unjudged'>;

/** What of it means that the provider does not serve, whoever asks. */
const providerDown: ReadonlySet<TransitFailure> = new Set<TransitFailure>([
  'provider-sealed',
  'provider-unreachable',
  'provider-tls',
]);

/** Nothing was learned of the credential: only a real answer says that it would not do. */
const undecided: ReadonlySet<TransitFailure> = new Set<TransitFailure>([
  'no-credential',
  'stopped',
  'odd-answer',
  'refused',
]);

/** By itself: what stands behind its provider is ./upstream.ts. @param now ms. */
export function judgeTransit(seal: TransitSeal, exercise: TransitExercise, now: number): Judged {
  const token = judgeSealToken(exercise, now);
  const parts = [
    judgeRoundTrip(seal, exercise),
    token,
    judgeKey(seal, exercise),
    judgeLost(seal, exercise, now),
  ];
  return {
    standing: standingOf(seal, exercise, token.end, now),
    ...keySinceOf(exercise),
    evidence: parts.flatMap((part) => part.evidence),
    problems: parts.flatMap((part) => part.problems),
    unjudged: Object.assign({}, ...parts.map((part) => part.unjudged)) as Judged['unjudged'],
  };
}

function standingOf(
  seal: TransitSeal,
  exercise: TransitExercise,
  end: { why: string; at: number } | undefined,
  now: number,
): Standing {
  const { roundTrip } = exercise;
  if (!roundTrip.ok) {
    const state = undecided.has(roundTrip.code) ? 'unknown' : 'not-ready';
    return { state, why: whyFailed(seal, exercise) };
  }
  const lost = lostVersions(exercise, now);
  if (lost?.isCertain) return { state: 'not-ready', why: lost.why };
  if (end) return { state: 'at-risk', why: end.why, at: end.at };
  return lost?.isRecent ? { state: 'at-risk', why: lost.why } : { state: 'ready' };
}

interface Lost {
  why: string;
  /** It is wrapped with one of them. */
  isCertain: boolean;
  isRecent: boolean;
  evidence: string[];
}

/**
 * The round trip uses the newest version; what the cluster was last wrapped with is in its own storage. Who leads since before
 * the oldest one left was made has wrapped with an older one. To lead since after that proves nothing: a leader that
 * cannot open what it finds wraps nothing anew (tried with a real Vault), and nobody says since when the minimum is what it is.
 * A raised minimum is how a rotation ends well, too: it is no risk for ever.
 */
function lostVersions({ key, leaderSince }: TransitExercise, now: number): Lost | undefined {
  if (!key.ok || key.value.minDecryptionVersion <= 1) return undefined;
  const { minDecryptionVersion: from, minMadeAt } = key.value;
  const gone = `versions of its key before ${from} no longer decrypt`;
  const isRecent = minMadeAt !== undefined && now - minMadeAt < settledMs;
  const evidence =
    leaderSince === undefined || minMadeAt === undefined
      ? []
      : [`Its active node leads since ${iso(leaderSince)}; version ${from} was made ${iso(minMadeAt)}.`];
  if (leadsSince(leaderSince, minMadeAt) === 'before') {
    const why = `${gone}, and it is wrapped with one of them: it has had no new leader since version ${from} was made`;
    return { why, isCertain: true, isRecent, evidence };
  }
  const why = `${gone}: unless it had a new leader since version ${from} was made, while they still did, it would not unseal`;
  return { why, isCertain: false, isRecent, evidence };
}

function judgeLost(seal: TransitSeal, exercise: TransitExercise, now: number): Part {
  const lost = lostVersions(exercise, now);
  if (!lost) return { evidence: [], problems: [], unjudged: {} };
  const evidence = [`${lost.why[0]?.toUpperCase()}${lost.why.slice(1)}.`, ...lost.evidence];
  if (!exercise.roundTrip.ok) return { evidence, problems: [], unjudged: {} };
  if (!lost.isCertain) {
    // It may be dead: an alert that says so does not end by that.
    return { evidence, problems: [], unjudged: lost.isRecent ? { 'seal-not-ready': lost.why } : {} };
  }
  const problem: ReadinessProblem = {
    code: 'seal-not-ready',
    summary: lost.why,
    evidence: lost.evidence,
    advice: `Restart nothing. Lower min_decryption_version of ${seal.mount}/keys/${seal.key}/config to what it was; then let the active node step down, and raise it only after that.`,
  };
  return { evidence, problems: [problem], unjudged: {} };
}

/** Of its first version: where that does not decrypt any more, nobody can tell a raised minimum from a new key. */
function keySinceOf({ key }: TransitExercise): Pick<Judged, 'keySince'> {
  if (!key.ok || key.value.minDecryptionVersion !== 1) return {};
  const { minMadeAt } = key.value;
  return minMadeAt === undefined ? {} : { keySince: minMadeAt };
}

function judgeRoundTrip(seal: TransitSeal, exercise: TransitExercise): Part {
  const { roundTrip, address, passedOver, note } = exercise;
  const what = `${seal.mount}/encrypt and decrypt with ${seal.key} at ${address}`;
  const result = roundTrip.ok
    ? `what was encrypted came back, with key version ${roundTrip.value.keyVersion}`
    : roundTrip.detail;
  const evidence = [
    `${what}: ${result}.`,
    ...passedOver.slice(0, 10).map((detail) => `Passed over: ${detail}.`),
    ...(note === undefined ? [] : [note]),
  ];
  if (roundTrip.ok) return { evidence, problems: [], unjudged: {} };
  const summary = whyFailed(seal, exercise);
  if (undecided.has(roundTrip.code)) {
    const unjudged = { 'seal-not-ready': summary, 'seal-provider-down': summary };
    return {
      evidence,
      problems: [{ code: 'readiness-unknown', summary, evidence: [...evidence] }],
      unjudged,
    };
  }
  const problems: ReadinessProblem[] = [{ code: 'seal-not-ready', summary, evidence: [...evidence] }];
  if (providerDown.has(roundTrip.code)) {
    problems.push({
      code: 'seal-provider-down',
      summary: `${seal.provider}, which unseals this cluster, does not serve: ${summary}`,
      evidence: [...evidence],
    });
  }
  return { evidence, problems, unjudged: {} };
}

function judgeKey(seal: TransitSeal, exercise: TransitExercise): Part {
  const { key } = exercise;
  const name = `${seal.key} of ${seal.provider}`;
  if (!key.ok) {
    const unjudged = { 'seal-key-version-at-risk': key.detail };
    return { evidence: [`Versions of key ${name}: ${key.detail}.`], problems: [], unjudged };
  }
  const { latestVersion: latest, minDecryptionVersion: from, deletionAllowed } = key.value;
  const evidence = [`Key ${name}: latest version ${latest}, decrypts from version ${from} on.`];
  if (deletionAllowed) {
    const problem: ReadinessProblem = {
      code: 'seal-key-version-at-risk',
      summary: `transit key ${name} may be deleted`,
      evidence: ['deletion_allowed: true: one call deletes what unseals this cluster.'],
      advice: `Set deletion_allowed=false on ${seal.mount}/keys/${seal.key}/config.`,
    };
    return { evidence, problems: [problem], unjudged: {} };
  }
  return { evidence, problems: [], unjudged: {} };
}

function iso(ms: number): string {
  return new Date(ms).toISOString();
}
