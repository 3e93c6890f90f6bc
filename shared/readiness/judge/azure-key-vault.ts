/** Readiness of a cluster that a key of Azure Key Vault unseals: judged from an exercise of its own credential and key. Pure. */
import type { AzureExercise, AzureFailed, AzureFailure } from '../exercise/azure-exercise.ts';
import type { Judged, ReadinessCode, ReadinessProblem, Standing } from '../readiness.ts';
import { deletionRisk, keyVersionsRisk, type Risk, recoveryLevelOf } from './azure-key-versions.ts';
import { judgeAtVault } from './azure-rights.ts';
import { type ShutVersion, shutVersionOf } from './azure-wrapped-with.ts';
import { urgency, words } from './life.ts';

/** Nothing was learned of the seal: only an answer that its nodes would get too says that it would not do. */
const undecided: ReadonlySet<AzureFailure> = new Set<AzureFailure>([
  'no-credential',
  'login-refused',
  'firewall',
  'odd',
]);

/** What any identity sees of a key: the rest of what Sealwatch's own meets says nothing of the nodes'. */
const ofTheKey: ReadonlySet<AzureFailure> = new Set<AzureFailure>([
  'key-missing',
  'key-disabled',
  'key-expired',
]);

/** What nothing is known of where nothing could be tried. */
const ofWorking = [
  'seal-not-ready',
  'seal-secret-expiring',
  'seal-key-expiring',
] as const satisfies ReadinessCode[];

/** Nothing says whether Entra still takes the secret: then no end of it is told, that may be another's. */
const ofLogin: ReadonlySet<AzureFailure> = new Set<AzureFailure>([
  'no-credential',
  'secret-invalid',
  'secret-expired',
  'app-unknown',
  'tenant-unknown',
  'login-refused',
]);

/** Near enough to be a risk. `at`: ms. */
interface Ending {
  why: string;
  at: number;
}

/** @param now ms. */
export function judgeAzureKeyVault(exercise: AzureExercise, now: number): Judged {
  const { indirect } = exercise;
  const marked = indirect ? { indirect: true as const } : {};
  const shut = shutVersionOf(exercise);
  const evidence = [triedLine(exercise), ...(shut?.evidence ?? [])];
  const rights = judgeAtVault(exercise);
  const works = outcomeOf(exercise, rights.lacks, shut);
  if (!works.ok && rights.lacks === undefined && !isDecided(works.code, indirect)) {
    const why = indirect ? `${works.detail}; this is Sealwatch's own identity, not the nodes'` : works.detail;
    const version = judgeVersions(exercise, now);
    return {
      standing: { state: 'unknown', why },
      evidence: [...evidence, ...rights.evidence],
      ...marked,
      problems: [
        { code: 'readiness-unknown', summary: why, evidence: [...evidence] },
        ...rights.problems,
        ...version.problems,
      ],
      unjudged: {
        ...Object.fromEntries(ofWorking.map((code) => [code, why])),
        ...rights.unjudged,
        ...(version.problems.length === 0 && { 'seal-key-version-at-risk': why }),
      },
    };
  }

  const problems: ReadinessProblem[] = [];
  const unjudged: Judged['unjudged'] = {};
  const endings: Ending[] = [];
  const dead = deathOf(works);
  if (dead) {
    problems.push({
      code: 'seal-not-ready',
      // It passes by itself; a Vault that starts meanwhile gives up after four tries all the same.
      ...(dead.code === 'throttled' && { severity: 'warning' as const }),
      summary: dead.detail,
      evidence: [...evidence],
      ...(shut && dead.detail === shut.why && { advice: shut.advice }),
    });
  }
  const judged: Part[] = [
    judgeCredential(exercise, now),
    judgeKeyLife(exercise, now),
    judgeVersions(exercise, now),
    rights,
  ];
  for (const part of judged) {
    evidence.push(...part.evidence);
    problems.push(...part.problems);
    Object.assign(unjudged, part.unjudged);
    if (part.ending) endings.push(part.ending);
  }
  const early = judged.find(({ mayBeShut }) => mayBeShut !== undefined)?.mayBeShut;
  // It may be dead: an alert that says so does not end by that.
  if (!dead && early !== undefined) unjudged['seal-not-ready'] = early;
  const standing = standingOf(works, endings, now);
  return { standing, evidence, ...marked, problems, unjudged, ...keySinceOf(exercise) };
}

/** A version that is shut is certain, whatever else could not be tried; what else is as certain is told first. */
function outcomeOf(
  { works, indirect }: AzureExercise,
  lacks: string | undefined,
  shut: ShutVersion | undefined,
): AzureExercise['works'] {
  if (lacks !== undefined) return { ok: false, code: 'denied', detail: lacks };
  const dead = deathOf(works);
  const isDead = dead !== undefined && dead.code !== 'throttled' && isDecided(dead.code, indirect);
  return shut && !isDead ? { ok: false, code: 'key-disabled', detail: shut.why } : works;
}

function isDecided(code: AzureFailure, indirect: boolean): boolean {
  return indirect ? ofTheKey.has(code) : !undecided.has(code);
}

/** Key Vault still unwraps with an expired key, and Vault unseals (tried): it cannot wrap, and calls its seal unhealthy. */
function deathOf(works: AzureExercise['works']): AzureFailed | undefined {
  return works.ok || works.code === 'key-expired' ? undefined : works;
}

function standingOf(works: AzureExercise['works'], endings: Ending[], now: number): Standing {
  const dead = deathOf(works);
  if (dead) return { state: 'not-ready', why: dead.detail };
  const [first] = endings.toSorted((a, b) => a.at - b.at);
  if (first) return { state: 'at-risk', ...first };
  return works.ok ? { state: 'ready' } : { state: 'at-risk', why: works.detail, at: now };
}

function triedLine({ vault, key, works, indirect }: AzureExercise): string {
  const what = `Key ${key} of ${vault}`;
  if (!works.ok) return `${what}: ${works.detail}.`;
  return indirect
    ? `${what}: its newest version ${works.value.version} is enabled; the nodes' own identity cannot be tried from here.`
    : `${what}: what was wrapped came back, with version ${works.value.version}.`;
}

interface Part extends Pick<Judged, 'evidence' | 'problems' | 'unjudged'> {
  ending?: Ending;
  /** What the cluster is wrapped with may be disabled, and nobody can tell. */
  mayBeShut?: string;
}

function judgeCredential({ life, indirect, works }: AzureExercise, now: number): Part {
  // An identity that Azure looks after has no end of its own.
  if (indirect) return { evidence: [], problems: [], unjudged: {} };
  if (!life.ok) {
    // A dead secret is told by what it could not do.
    const why = works.ok ? life.detail : 'the credential does not work';
    return {
      evidence: works.ok ? [`End of the credential: ${life.detail}.`] : [],
      problems: [],
      unjudged: { 'seal-secret-expiring': why },
    };
  }
  const { of, endsAt, lifeMs, oneOf } = life.value;
  if (of === 'secret' && !works.ok && ofLogin.has(works.code))
    return {
      evidence: [],
      problems: [],
      unjudged: { 'seal-secret-expiring': 'the credential does not work' },
    };
  const what = of === 'secret' ? 'client secret' : 'certificate';
  const part = ending('seal-secret-expiring', `the ${what} that the seal signs in with`, endsAt, lifeMs, now);
  if (oneOf === undefined) return part;
  const note = `By its first characters it may be any of ${oneOf} secrets of the application: the end is that of the first of them to end.`;
  return {
    ...part,
    evidence: [...part.evidence, note],
    problems: part.problems.map((problem) => ({ ...problem, evidence: [...problem.evidence, note] })),
  };
}

function judgeKeyLife({ newest, key }: AzureExercise, now: number): Part {
  if (!newest.ok) return { evidence: [], problems: [], unjudged: { 'seal-key-expiring': newest.detail } };
  const { expiresAt, createdAt } = newest.value;
  if (expiresAt === undefined) return { evidence: [], problems: [], unjudged: {} };
  const lifeMs = createdAt === undefined ? undefined : expiresAt - createdAt;
  return ending('seal-key-expiring', `the newest version of key ${key}`, expiresAt, lifeMs, now);
}

function ending(
  code: 'seal-secret-expiring' | 'seal-key-expiring',
  what: string,
  endsAt: number,
  lifeMs: number | undefined,
  now: number,
): Part {
  const line = `${what[0]?.toUpperCase()}${what.slice(1)} ends ${new Date(endsAt).toISOString()}.`;
  const severity = urgency(endsAt - now, lifeMs);
  if (!severity) return { evidence: [line], problems: [], unjudged: {} };
  const why = endsAt <= now ? `${what} has expired` : `${what} expires in ${words(endsAt - now)}`;
  return {
    evidence: [line],
    problems: [{ code, severity, summary: why, evidence: [line] }],
    unjudged: {},
    ending: { why, at: endsAt },
  };
}

function judgeVersions(exercise: AzureExercise, now: number): Part {
  const { newest, versions, key, leaderSince } = exercise;
  const level = recoveryLevelOf(exercise);
  if (newest.ok && versions.ok)
    return riskPart(
      keyVersionsRisk(
        {
          key,
          newest: newest.value,
          versions: versions.value,
          level,
          leaderSince,
          needed: shutVersionOf(exercise)?.versions,
        },
        now,
      ),
      now,
    );
  const missing = newest.ok ? versions : newest;
  const why = `the versions of key ${key} are not seen: ${missing.ok ? '' : missing.detail}`;
  // What is refused for good would hide for ever how the key can be deleted; what passes must not make a warning less.
  const isLasting = !missing.ok && (missing.code === 'denied' || missing.code === 'firewall');
  const part = riskPart(isLasting ? level && deletionRisk(key, level) : undefined, now);
  const line = `${why[0]?.toUpperCase()}${why.slice(1)}.`;
  return part.problems.length > 0
    ? { ...part, evidence: [...part.evidence, line] }
    : { ...part, unjudged: { 'seal-key-version-at-risk': why } };
}

function riskPart(risk: Risk | undefined, now: number): Part {
  if (!risk) return { evidence: [], problems: [], unjudged: {} };
  const { isNow, ...problem } = risk;
  return {
    evidence: problem.evidence,
    problems: [{ code: 'seal-key-version-at-risk', ...problem }],
    unjudged: {},
    ...(isNow && { ending: { why: problem.summary, at: now }, mayBeShut: problem.summary }),
  };
}

function keySinceOf({ versions }: AzureExercise): Pick<Judged, 'keySince'> {
  if (!versions.ok) return {};
  const made = versions.value.map(({ createdAt }) => createdAt);
  const known = made.filter((at) => at !== undefined);
  // One without a time may be the oldest.
  return known.length === 0 || known.length < made.length ? {} : { keySince: Math.min(...known) };
}
