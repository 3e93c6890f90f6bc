/** Readiness of a cluster that unseals with shares: the escrow as the recover app last verified it. Pure. */
import type { GenerationRow } from '../../escrow/generation.ts';
import type { Cluster } from '../../fleet/fleet.ts';
import type { Judged, ReadinessProblem, Standing } from '../readiness.ts';

/** The recover app opens each envelope daily; what is older than this says little of today, ms. */
const staleMs = 3 * 24 * 3_600_000;

/** @param row the newest accepted generation; undefined: none. @param now ms. */
export function judgeShamir(
  { recovery, escrow }: Cluster,
  row: GenerationRow | undefined,
  now: number,
): Judged {
  const isExpected = recovery.policy === 'automatic' || escrow.custodians.length > 0;
  if (!row && !isExpected) {
    const why = 'people unseal it: there is nothing here that could be exercised';
    return { standing: { state: 'unknown', why }, evidence: [], problems: [], unjudged: {} };
  }
  const standing = row ? standingOf(row, now) : missing;
  const evidence = row ? evidenceOf(row) : [];
  const isOld = row !== undefined && isStale(row, now) && standing.state === 'unknown';
  return {
    standing,
    evidence,
    problems: problemsOf(standing, evidence, recovery.policy),
    unjudged: isOld ? { 'escrow-not-ready': standing.why } : {},
  };
}

const missing: Standing = { state: 'not-ready', why: 'no escrowed shares of this cluster were accepted' };

function standingOf(row: GenerationRow, now: number): Standing {
  if (row.bad)
    return { state: 'not-ready', why: `its escrowed shares do not unseal: ${row.bad.node} refused them` };
  const broken = problemIn(row, stops);
  if (broken) return { state: 'not-ready', why: broken.message };
  if (isStale(row, now))
    return { state: 'unknown', why: 'the recover app has not opened its envelopes for days' };
  const weak = problemIn(row, weakens);
  if (weak) return { state: 'at-risk', why: weak.message };
  if (row.provenAt === undefined)
    return { state: 'unknown', why: 'no node was ever unsealed with these shares' };
  return { state: 'ready' };
}

function isStale({ upkeep, acceptedAt }: GenerationRow, now: number): boolean {
  return now - (upkeep?.at ?? acceptedAt) > staleMs;
}

function problemIn({ upkeep }: GenerationRow, codes: ReadonlySet<ProblemCode>) {
  return upkeep?.problems.find(({ code }) => codes.has(code));
}

type ProblemCode = NonNullable<GenerationRow['upkeep']>['problems'][number]['code'];

/** No node takes what is in there. */
const stops: ReadonlySet<ProblemCode> = new Set<ProblemCode>(['tampered', 'trust-changed']);

/** A threshold may still be opened without it: the escrow's own findings weigh that. */
const weakens: ReadonlySet<ProblemCode> = new Set<ProblemCode>([
  'custodian-away',
  'denied',
  'key-disabled',
  'key-deleted',
  'key-expiring',
]);

function evidenceOf(row: GenerationRow): string[] {
  const at = (ms: number) => new Date(ms).toISOString();
  return [
    `Generation ${row.generation}.${row.revision}, accepted ${at(row.acceptedAt)}.`,
    row.upkeep ? `Its envelopes were opened ${at(row.upkeep.at)}.` : 'Its envelopes were not opened since.',
    row.provenAt === undefined ? 'No unseal has proven it.' : `An unseal proved it ${at(row.provenAt)}.`,
  ];
}

/** Whom it wakes depends on who brings the cluster back: automation that cannot, or people who have shares of their own. */
function problemsOf(
  standing: Standing,
  evidence: string[],
  policy: Cluster['recovery']['policy'],
): ReadinessProblem[] {
  if (standing.state !== 'not-ready') return [];
  const severity = policy === 'automatic' ? {} : { severity: 'warning' as const };
  return [{ code: 'escrow-not-ready', summary: standing.why, evidence, ...severity }];
}
