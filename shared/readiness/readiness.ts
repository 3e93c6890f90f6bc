/** Question 2 of DESIGN: would a node that restarted right now unseal? Types only; ./judge says it, ./exercise finds out. */
import type { FindingCode, Severity } from '../finding.ts';
import type { Seal } from '../fleet/fleet.ts';

/** As seen from Sealwatch: a seal that unseals from here may still be cut off from its node. */
export type Standing =
  | { state: 'ready' }
  /** `at`: when it stops being ready unless somebody acts, ms; undefined: nobody can say. */
  | { state: 'at-risk'; why: string; at?: number }
  | { state: 'not-ready'; why: string }
  | { state: 'unknown'; why: string };

export const readinessCodes = [
  'seal-not-ready',
  'seal-provider-down',
  'seal-token-expiring',
  'seal-token-not-periodic',
  'seal-token-too-wide',
  'seal-secret-expiring',
  'seal-key-expiring',
  'seal-key-version-at-risk',
  'escrow-not-ready',
  'readiness-unknown',
] as const satisfies FindingCode[];

export type ReadinessCode = (typeof readinessCodes)[number];

/** What the sweep tells people of it. */
export interface ReadinessProblem {
  code: ReadinessCode;
  /** Where it is not the code's own. */
  severity?: Severity;
  summary: string;
  /** Facts that a person can check, a line each. */
  evidence: string[];
  /** The first thing to do, where it is not the code's own. */
  advice?: string;
}

/** What a judge says of one cluster. Codes that are in neither list are absent. */
export interface Judged {
  standing: Standing;
  /** What was tried and what answered, a line each, in our words. */
  evidence: string[];
  /** The credential cannot be borrowed (managed identity): told from roles and the key's state alone. */
  indirect?: true;
  problems: ReadinessProblem[];
  /** Codes that this exercise could say nothing of, and why: their alerts stay as they are. */
  unjudged: Partial<Record<ReadinessCode, string>>;
  /** When the oldest version of its key was made, ms, where that is seen: a later one is another key of the same name. */
  keySince?: number;
}

/** Row of table `readiness`: one a cluster. */
export interface Readiness extends Judged {
  cluster: string;
  seal: Seal['type'];
  /** When it was exercised, ms. */
  at: number;
  /** Later than that it says nothing any more (DESIGN, State), ms. */
  validUntil: number;
  /** Hash of the seal's part of the entry in fleet.yaml: of another one this row says nothing. Rows of before have none. */
  sealEntry?: string;
}

/** What became of one part of an exercise. `code` is closed; `detail` is in our words and holds no secret. */
export type Tried<T, Code extends string = string> =
  | { ok: true; value: T }
  | { ok: false; code: Code; detail: string };
