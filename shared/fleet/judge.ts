/**
 * The file against its schema. A key or kind that is plainly misspelt is reported and then read as what was meant:
 * one mistake is one problem, and what stands below it is judged in the same run.
 */

import type { Issue } from './issues.ts';
import { flatten, oneOf, valueAt } from './issues.ts';
import type { Places } from './places.ts';
import type { Path, Problem } from './problem.ts';
import { formatPath } from './problem.ts';
import { shown } from './redact.ts';
import type { FleetFile } from './schema.ts';
import { fleetFile } from './schema.ts';
import { isMap, keysAt } from './shape.ts';
import { nearest } from './spelling.ts';

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
  if (issue.kind === 'missing' && issue.words !== undefined) {
    const path = issue.path.slice(0, -1);
    const map = valueAt(value, path);
    const wanted = String(issue.path.at(-1));
    const key = isMap(map)
      ? Object.keys(map).find((own) => nearest(own, keysAt(path, value).here) === wanted)
      : undefined;
    return key === undefined ? [] : mendKey(path, key, value, places);
  }
  if (issue.kind !== 'word' || !issue.tells) return [];
  const map = valueAt(value, issue.path.slice(0, -1));
  const word = nearest(String(valueAt(value, issue.path)), issue.words);
  if (word === undefined || !isMap(map)) return [];
  const problems = describe(issue, value, places);
  map[String(issue.path.at(-1))] = word;
  return problems;
}

function mendKey(path: Path, key: string, value: unknown, places: Places): Problem[] {
  const map = valueAt(value, path);
  const keys = keysAt(path, value);
  if (!isMap(map) || !Object.hasOwn(map, key) || keys.elsewhere.has(key)) return [];
  const meant = nearest(
    key,
    keys.here.filter((other) => !Object.hasOwn(map, other)),
  );
  if (meant === undefined) return [];
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
  return [problem];
}

function describe(issue: Issue, value: unknown, places: Places): Problem[] {
  if (issue.kind === 'unknown-key') {
    const keys = keysAt(issue.path, value);
    return [unknownKey(issue.path, issue.key, keys.elsewhere.get(issue.key), keys.here, places)];
  }
  const at = { ...places.value(issue.path), path: formatPath(places.written(issue.path)) };
  if (issue.kind === 'missing') {
    const message = issue.words === undefined ? 'is missing' : `is missing: must be ${oneOf(issue.words)}`;
    return [{ ...at, message }, ...(issue.words ? strangeKeys(issue.path.slice(0, -1), value, places) : [])];
  }
  const source = places.source(issue.path);
  const seen =
    issue.kind === 'wrong' && !issue.show
      ? undefined
      : shown(issue.path, source, typeof valueAt(value, issue.path) === 'string');
  const here = seen === undefined ? {} : { value: seen };
  if (issue.kind === 'wrong') {
    const { message, suggestion } = issue;
    return [{ ...at, ...here, message, ...(suggestion === undefined ? {} : { suggestion }) }];
  }
  const suggestion = nearest(source ?? '', issue.words);
  const problem = {
    ...at,
    ...here,
    message: `must be ${oneOf(issue.words)}`,
    ...(suggestion && { suggestion }),
  };
  return [
    problem,
    ...(issue.tells && !suggestion ? strangeKeys(issue.path.slice(0, -1), value, places) : []),
  ];
}

/** Where the kind of a thing is unclear, keys that no kind has are still wrong. */
function strangeKeys(path: Path, value: unknown, places: Places): Problem[] {
  const map = valueAt(value, path);
  const { here } = keysAt(path, value);
  const strange = isMap(map) ? Object.keys(map).filter((key) => !here.includes(key)) : [];
  return strange.map((key) => unknownKey(path, key, undefined, here, places));
}

function unknownKey(
  path: Path,
  key: string,
  kind: string | undefined,
  allowed: string[],
  places: Places,
): Problem {
  const at = [...path, key];
  const message =
    kind === undefined ? `unknown key; allowed here: ${allowed.join(', ')}` : `belongs only to ${kind}`;
  const suggestion = kind === undefined ? nearest(key, allowed) : undefined;
  const problem = { ...places.key(at), path: formatPath(places.written(at)), message };
  return suggestion === undefined ? problem : { ...problem, suggestion };
}
