/**
 * The vocabulary every room speaks: what can be found, how bad it is, and what is said about it.
 *
 * To add a code: an entry in ./catalogue/, a judge in shared/probe/assess/, shared/work/recover-findings/ or the room that
 * finds it, a page in docs/runbooks/, and golden scenarios: one that fires and one near miss.
 */
import type { CodeEntry } from './catalogue/entry.ts';
import { ofFleet } from './catalogue/of-fleet.ts';
import { ofProbe } from './catalogue/of-probe.ts';
import { ofRecover } from './catalogue/of-recover.ts';
import { ofRotate } from './catalogue/of-rotate.ts';

export type Severity = 'critical' | 'warning' | 'info';

/** Every code there is, by who judges it. */
export const catalogue = { ...ofProbe, ...ofRecover, ...ofRotate, ...ofFleet } as const;

export type FindingCode = keyof typeof catalogue;

/** What a finding is about. `name` is the node's name, the raft node id, or the channel's name. */
export type Subject =
  | { kind: 'cluster' }
  | { kind: 'node'; name: string }
  | { kind: 'peer'; name: string }
  | { kind: 'fleet' }
  /** A cluster as the fleet sees it: one that a sweep could not finish. */
  | { kind: 'unwatched'; name: string }
  | { kind: 'channel'; name: string };

export interface Finding {
  code: FindingCode;
  severity: Severity;
  subject: Subject;
  /** One line that names the subject: "vault-1 is sealed (0 of 3 shares)". May hold text from servers. */
  summary: string;
  /** Facts that a person can check, one a line, the most telling first. May hold text from servers. */
  evidence: string[];
  meaning: string;
  advice: string;
  /** Path of the page under docs/runbooks/, e.g. "node-sealed". */
  runbook: string;
  /** The headline of the same cluster that already says this: one cause, one headline. */
  under?: FindingCode;
}

/** What a judge says of one (code, subject). Only `absent` resolves an alert. */
export type Verdict =
  | { state: 'present'; finding: Finding }
  /** `how`: how it ended, where that is part of the story: "done after 42 s: 3 of 3 nodes serving". */
  | { state: 'absent'; how?: string }
  | { state: 'unjudged'; why: string };

/**
 * All that was judged of one cluster (or of the fleet) at one time. Total: `verdictOf` answers for every
 * (code, subject); what is not listed follows its code's default, and a code without one is unjudged.
 */
export interface Assessment {
  readonly verdicts: { code: FindingCode; subject: Subject; verdict: Verdict }[];
  readonly defaults: Partial<
    Record<FindingCode, { state: 'absent'; how?: string } | { state: 'unjudged'; why: string }>
  >;
}

/** Its defaults are put together when they are first read: of a healthy cluster nobody reads them. */
export function assessmentOf(
  verdicts: Assessment['verdicts'],
  tellDefaults: () => Assessment['defaults'],
): Assessment {
  let defaults: Assessment['defaults'] | undefined;
  return {
    verdicts,
    get defaults() {
      defaults ??= tellDefaults();
      return defaults;
    },
  };
}

/** What a code's entry says besides what it must. */
export function entryOf(code: FindingCode): Readonly<CodeEntry> {
  return catalogue[code];
}

/** Stable key of a (code, subject) inside a cluster: "node-sealed node:vault-1". */
export function findingKey(code: FindingCode, subject: Subject): string {
  return 'name' in subject ? `${code} ${subject.kind}:${subject.name}` : `${code} ${subject.kind}`;
}

/** The verdict of one (code, subject), defaults applied. */
export function verdictOf(assessment: Assessment, code: FindingCode, subject: Subject): Verdict {
  const key = findingKey(code, subject);
  const listed = assessment.verdicts.find((entry) => findingKey(entry.code, entry.subject) === key);
  if (listed) return listed.verdict;
  return assessment.defaults[code] ?? { state: 'unjudged', why: 'not assessed' };
}

/** A finding with its code's texts filled in; `severity`, `meaning` and `advice` may be overridden. */
export function finding(
  code: FindingCode,
  subject: Subject,
  summary: string,
  evidence: string[],
  over: Partial<Pick<Finding, 'severity' | 'meaning' | 'advice' | 'under'>> = {},
): Finding {
  const { severity, meaning, advice } = catalogue[code];
  return { code, severity, subject, summary, evidence, meaning, advice, runbook: code, ...over };
}
