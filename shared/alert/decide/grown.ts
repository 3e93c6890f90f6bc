/**
 * A headline that was known long before it strikes (`strikes` of its catalogue entry) must not swallow the outage that
 * it foretold: when one begins under it, it is told anew, whoever acknowledged it before.
 */
import { entryOf } from '../../finding.ts';
import type { Tracked } from './tracked.ts';

/** Tells whether something that its entry names came under it after it was told last as news. */
export function growth(
  all: Tracked[],
  covered: (tracked: Tracked) => boolean,
): (headline: Tracked) => boolean {
  return ({ finding: { code }, before }) => {
    const { strikes } = entryOf(code);
    if (!strikes || !before?.told) return false;
    const { firedAt = 0 } = before;
    return all.some(
      (one) =>
        strikes.by.includes(one.finding.code) &&
        one.finding.under === code &&
        one.standing.state === 'present' &&
        one.ripe &&
        one.since > firedAt &&
        covered(one),
    );
  };
}
