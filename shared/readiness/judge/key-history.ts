/** Whether the key behind a seal is still the one that it was: a new one of the same name opens nothing old. Pure. */
import type { Judged, ReadinessProblem } from '../readiness.ts';
import { settledMs } from './life.ts';

/**
 * A version keeps the time at which it was made, and none goes alone: an oldest one that is younger than the oldest one
 * known before is of another key. Told for as long as an early end of a version is; by then somebody has brought the old one
 * back or set the cluster up anew, for no new leader wraps anew what it cannot open (tried with a real Vault).
 *
 * @param before what the row before knew, ms. @param now ms.
 * @returns with the `keySince` to keep.
 */
export function withKeyHistory(judged: Judged, before: number | undefined, now: number): Judged {
  const { keySince } = judged;
  if (before === undefined) return judged;
  if (keySince === undefined) return { ...judged, keySince: before };
  if (keySince <= before || now - keySince >= settledMs) return judged;
  const code = 'seal-key-version-at-risk';
  const why = 'its key was made anew: what the cluster was sealed with before, this one does not open';
  const line = `The oldest version of the key was made ${iso(keySince)}; before, one of ${iso(before)} was seen.`;
  const others = judged.problems.filter((problem) => problem.code !== code);
  const same = judged.problems.find((problem) => problem.code === code);
  const problem: ReadinessProblem = {
    code,
    severity: 'warning',
    summary: why,
    evidence: [line, ...(same?.evidence ?? [])],
    advice:
      'Restart nothing, and let nothing step down: a new leader cannot open the old and wraps nothing anew. Bring the old key back from a backup.',
  };
  const { [code]: _told, ...unjudged } = judged.unjudged;
  const { state } = judged.standing;
  return {
    ...judged,
    keySince: before,
    evidence: [...judged.evidence, line],
    problems: [...others, problem],
    unjudged,
    ...((state === 'ready' || state === 'at-risk') && { standing: { state: 'at-risk', why } }),
  };
}

function iso(ms: number): string {
  return new Date(ms).toISOString();
}
