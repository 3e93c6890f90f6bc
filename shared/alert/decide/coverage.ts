/** One cause, one headline: which findings another one already tells of. */
import type { FindingCode } from '../../finding.ts';
import type { Tracked } from './tracked.ts';

/**
 * Tells whether a finding rides along under a headline that stands. A headline that waits to fire, or that was
 * never told and cannot be judged now, covers nothing: what is under it would go untold. Neither does a circle
 * of findings under each other.
 */
export function coverage(all: Tracked[]): (tracked: Tracked) => boolean {
  const heads = new Map<FindingCode, Tracked[]>();
  for (const tracked of all.filter(stands)) {
    const { code } = tracked.finding;
    heads.set(code, [...(heads.get(code) ?? []), tracked]);
  }
  const isTold = (code: FindingCode, seen: FindingCode[]): boolean => {
    if (seen.includes(code)) return false;
    return (heads.get(code) ?? []).some(({ finding: { under } }) => {
      return under === undefined || !heads.has(under) || isTold(under, [...seen, code]);
    });
  };
  return ({ finding: { code, under } }) => under !== undefined && isTold(under, [code]);
}

function stands({ standing, ripe, before }: Tracked): boolean {
  if (!ripe || standing.state === 'absent') return false;
  if (standing.state === 'present') return true;
  return before?.told === true && before.resolvedAt === undefined;
}
