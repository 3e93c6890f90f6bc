/** Which severity is worse. */
import type { Severity } from '../finding.ts';

const rank: Record<Severity, number> = { info: 0, warning: 1, critical: 2 };

/** Positive when `a` is worse than `b`: sorts the worst last; swap the arguments for the worst first. */
export function compareSeverity(a: Severity, b: Severity): number {
  return rank[a] - rank[b];
}

/** The worst of some; `info` of none. */
export function worstSeverity(severities: Severity[]): Severity {
  return severities.reduce((worst, next) => (compareSeverity(next, worst) > 0 ? next : worst), 'info');
}
