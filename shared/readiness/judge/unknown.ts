/** Readiness of what could not be exercised. Pure. */
import { type Judged, readinessCodes } from '../readiness.ts';

/** Nobody knows, and somebody can mend that: it is told. @param why the field and the fix. */
export function notExercised(why: string): Judged {
  return {
    ...notExercisable(why),
    problems: [{ code: 'readiness-unknown', summary: why, evidence: [] }],
  };
}

/** Nobody knows, and nobody can do anything about it: it is shown, and wakes nobody. */
export function notExercisable(why: string): Judged {
  const others = readinessCodes.filter((code) => code !== 'readiness-unknown');
  return {
    standing: { state: 'unknown', why },
    evidence: [`Not exercised: ${why}.`],
    problems: [],
    unjudged: Object.fromEntries(others.map((code) => [code, why])),
  };
}
