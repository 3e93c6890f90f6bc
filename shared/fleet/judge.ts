/**
 * The file against its schema. A key or kind that is plainly misspelt is reported and then read as what was meant:
 * one mistake is one problem, and what stands below it is judged in the same run.
 */

import { describe, problemAt, wordsThatTell } from './describe.ts';
import type { Issue } from './issues.ts';
import { flatten, valueAt } from './issues.ts';
import type { Places } from './places.ts';
import type { Path, Problem } from './problem.ts';
import { formatPath } from './problem.ts';
import type { FleetFile } from './schema.ts';
import { fleetFile } from './schema.ts';
import { isMap, keysAt } from './shape.ts';
import { isSlip, nearest } from './spelling.ts';

/** Deeper than any place of the schema: each round can uncover one more level. */
const mostRounds = 8;

export interface Judged {
  /** Defined when nothing is wrong but spelling, or nothing at all. */
  file: FleetFile | undefined;
  problems: Problem[];
}

/** Judges `value` and mends misspellings in it. */
export function judge(value: unknown, places: Places): Judged {
  const spelling: Problem[] = [];
  for (let round = 1; ; round++) {
    const parsed = fleetFile.safeParse(value);
    if (parsed.success) return { file: parsed.data, problems: spelling };
    const issues = flatten(parsed.error.issues, value);
    const mended = round === mostRounds ? [] : issues.flatMap((issue) => mend(issue, value, places));
    spelling.push(...mended);
    if (mended.length === 0)
      return {
        file: undefined,
        problems: [...spelling, ...issues.flatMap((issue) => describe(issue, value, places))],
      };
  }
}

/** Mends a misspelling in `value`; the problem, or nothing when it is not clear what was meant. */
function mend(issue: Issue, value: unknown, places: Places): Problem[] {
  if (issue.kind === 'unknown-key') return mendKey(issue.path, issue.key, value, places);
  const words = wordsThatTell(issue);
  if (words === undefined) return [];
  const path = issue.path.slice(0, -1);
  const map = valueAt(value, path);
  if (!isMap(map)) return [];
  const own = String(issue.path.at(-1));
  const said = map[own];
  if (typeof said === 'string') {
    const word = nearest(said, words);
    if (word === undefined) return mendStrangeKeys(path, map, value, places);
    const problem = problemAt(issue, value, places);
    map[own] = word;
    return [problem];
  }
  if (said !== undefined) return mendStrangeKeys(path, map, value, places);
  const { here } = keysAt(path, value);
  const strange = Object.keys(map).filter((key) => !here.includes(key));
  const key =
    strange.find((other) => nearest(other, here) === own) ??
    // "type: slack" where "kind: slack" is wanted.
    strange.find((other) => nearest(String(map[other]), words) !== undefined);
  return key === undefined
    ? mendStrangeKeys(path, map, value, places)
    : [rename(path, key, own, map, places)];
}

/** Where the kind of a thing is unclear, its other keys can still be told from their misspellings. */
function mendStrangeKeys(
  path: Path,
  map: Record<string, unknown>,
  value: unknown,
  places: Places,
): Problem[] {
  return Object.keys(map).flatMap((key) =>
    keysAt(path, value).here.includes(key) ? [] : mendKey(path, key, value, places),
  );
}

function mendKey(path: Path, key: string, value: unknown, places: Places): Problem[] {
  const map = valueAt(value, path);
  const keys = keysAt(path, value);
  if (!isMap(map) || !Object.hasOwn(map, key) || keys.elsewhere.has(key)) return [];
  const meant = nearest(
    key,
    keys.here.filter((other) => !Object.hasOwn(map, other)),
  );
  // What only looks a little alike is worth a suggestion, but not that its value be judged as if it were meant.
  return meant === undefined || !isSlip(key, meant) ? [] : [rename(path, key, meant, map, places)];
}

function rename(
  path: Path,
  key: string,
  meant: string,
  map: Record<string, unknown>,
  places: Places,
): Problem {
  const at = [...path, key];
  const problem = {
    ...places.key(at),
    path: formatPath(places.written(at)),
    message: 'unknown key',
    suggestion: meant,
  };
  map[meant] = map[key];
  delete map[key];
  places.rename(path, key, meant);
  return problem;
}
