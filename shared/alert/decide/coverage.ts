/** One cause, one headline: which findings another one already tells of. */
import type { FindingCode, Severity } from '../../finding.ts';
import { compareSeverity } from '../severity.ts';
import type { Tracked } from './tracked.ts';

/**
 * Tells whether a finding rides along under a headline that stands. One that still waits to fire covers what is no
 * worse than itself: a consequence is not told before its cause, and waits no longer than that does. A headline that
 * was never told and cannot be judged now covers nothing: what is under it would go untold. Neither does a circle of
 * findings under each other.
 */
export function coverage(all: Tracked[]): (tracked: Tracked) => boolean {
  const heads = new Map<FindingCode, Tracked[]>();
  for (const tracked of all.filter(stands)) {
    const { code } = tracked.finding;
    heads.set(code, [...(heads.get(code) ?? []), tracked]);
  }
  const isTold = (code: FindingCode, severity: Severity, seen: FindingCode[]): boolean => {
    if (seen.includes(code)) return false;
    return (heads.get(code) ?? []).some(({ finding, ripe }) => {
      if (!ripe && compareSeverity(finding.severity, severity) < 0) return false;
      const { under } = finding;
      return under === undefined || !heads.has(under) || isTold(under, severity, [...seen, code]);
    });
  };
  return ({ finding: { code, severity, under } }) => under !== undefined && isTold(under, severity, [code]);
}

function stands({ standing, ripe, before }: Tracked): boolean {
  if (standing.state === 'absent') return false;
  if (standing.state === 'present') return true;
  return ripe && before?.told === true && before.resolvedAt === undefined;
}
