/**
 * What comes and goes with every sweep would be two messages a minute. Ends are remembered for a while in a quiet
 * record, a `rest`; an alert that begins after too many of them says so once, and then ends only when it stays away.
 */
import type { Verdict } from '../../finding.ts';
import type { Alert } from '../alert.ts';
import { clockTime, duration } from '../time.ts';
import type { Outcome } from './advance.ts';

/** So many ends within so long, ms, are too many. */
const tooMany = 3;
const windowMs = 15 * 60_000;
/** How long a flapping finding must be absent on end before it counts as over, ms. */
export const calmMs = 5 * 60_000;

export const flappingNote = `flapping: came and went ${tooMany} times in ${duration(windowMs)}; it stays open until it is absent for ${duration(calmMs)}`;

/** Whether it began after too many ends of its key. */
export function isFlapping({ ends = [], since }: Alert): boolean {
  return isOften(ends, since);
}

/** @param at when it began anew, ms. */
export function isOften(ends: readonly number[], at: number): boolean {
  return ends.filter((end) => isRecent(end, at)).length >= tooMany;
}

/** Nothing is open and nothing is to be told: only its ends are remembered. */
export function isRest({ told, resolvedAt }: Alert): boolean {
  return !told && resolvedAt !== undefined;
}

export function isRemembered({ resolvedAt = 0 }: Alert, now: number): boolean {
  return isRecent(resolvedAt, now);
}

/** In the window; a time that a wrong clock wrote is not. */
function isRecent(end: number, at: number): boolean {
  return Math.abs(at - end) < windowMs;
}

/** The alert with how long it is absent, and the verdict that holds for it: absent only when it stayed away. */
export function heldOpen(known: Alert, verdict: Verdict, now: number): { alert: Alert; verdict: Verdict } {
  const { absentSince: noted = now, ...alert } = known;
  // A clock that was wrong must not hold it open for longer.
  const absentSince = Math.min(noted, now);
  const open = known.told && known.resolvedAt === undefined;
  if (verdict.state !== 'absent' || !open || !isFlapping(known)) return { alert, verdict };
  if (now - absentSince >= calmMs) return { alert, verdict };
  const why = `it comes and goes; absent since ${clockTime(absentSince, now)}`;
  return { alert: { ...alert, absentSince }, verdict: { state: 'unjudged', why } };
}

/**
 * What is remembered of an alert that is gone: an end that people heard of counts (under a headline, too), and those
 * before it. Nothing of a subject that left fleet.yaml.
 */
export function restOf({ tracked, change, covered }: Outcome, now: number): Alert | undefined {
  const { before, key, finding, since, standing } = tracked;
  if (standing.state === 'absent' && standing.note !== undefined) return undefined;
  const isOfHeadline = covered && before !== undefined && before.status !== 'pending';
  const ended = change === 'resolved' || isOfHeadline ? [before?.resolvedAt ?? now] : [];
  const ends = [...(before?.ends ?? []), ...ended].filter((end) => isRecent(end, now));
  const resolvedAt = ends.at(-1);
  if (resolvedAt === undefined) return undefined;
  return { key, status: 'pending', finding, since, told: false, resolvedAt, ends };
}
