/** Rows of the rotate app from a few words. Times are seconds after the epoch. */
import type { Readiness, ReadinessProblem, Standing } from '../../shared/readiness/readiness.ts';
import type { Read } from '../../shared/work/recover-findings.ts';
import { epoch } from './build.ts';

const ms = (seconds: number) => epoch + seconds * 1000;

export interface ReadinessWords
  extends Partial<Pick<Readiness, 'seal' | 'standing' | 'evidence' | 'unjudged'>> {
  /** Not said: ten minutes before the epoch. */
  at?: number;
  /** Not said: three hours after `at`. */
  validUntil?: number;
  problems?: (Omit<ReadinessProblem, 'evidence'> & { evidence?: string[] })[];
}

export function readinessRow({
  at = -600,
  validUntil = at + 3 * 3600,
  problems = [],
  ...over
}: ReadinessWords = {}): Readiness {
  const [worst] = problems;
  const standing: Standing = worst ? { state: 'not-ready', why: worst.summary } : { state: 'ready' };
  return {
    cluster: 'payments',
    seal: 'transit',
    standing,
    evidence: [],
    unjudged: {},
    ...over,
    problems: problems.map((problem) => ({ evidence: [], ...problem })),
    at: ms(at),
    validUntil: ms(validUntil),
  };
}

/** A text: why it cannot be read. `none`: there is no row. */
export function readReadiness(words: ReadinessWords | string): Read<Readiness | undefined> {
  if (words === 'none') return { read: true, value: undefined };
  if (typeof words === 'string') return { read: false, why: words };
  return { read: true, value: readinessRow(words) };
}
