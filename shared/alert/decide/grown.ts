/**
 * A headline that was known long before it strikes (`strikes` of its catalogue entry) must not swallow the outage that
 * it foretold: when one begins under it, it is told anew, whoever acknowledged it before. What comes and goes under it is
 * told a few times, and then once it has stayed for a while: an acknowledgement must be worth something.
 */
import { entryOf } from '../../finding.ts';
import { calmMs, isOften } from './flapping.ts';
import type { Tracked } from './tracked.ts';

/** Tells whether something that its entry names came under it after it was told last as news. */
export function growth(
  all: Tracked[],
  covered: (tracked: Tracked) => boolean,
  now: number,
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
        covered(one) &&
        (now - one.since >= calmMs || !comesAndGoes(one)),
    );
  };
}

function comesAndGoes({ ends, before, since }: Tracked): boolean {
  return isOften(ends ?? before?.ends ?? [], since);
}
