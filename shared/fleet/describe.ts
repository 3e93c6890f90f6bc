/** What is wrong with the file as problems: where it stands, what stands there, what is allowed. */
import type { Issue } from './issues.ts';
import { oneOf, valueAt } from './issues.ts';
import { likelyIssues } from './likely-kind.ts';
import type { Places } from './places.ts';
import type { Path, Problem } from './problem.ts';
import { formatPath } from './problem.ts';
import { shown } from './redact.ts';
import { isMap, keysAt } from './shape.ts';
import { nearest } from './spelling.ts';

/** The words of a discriminator that is missing, empty or no such word. */
export function wordsThatTell(issue: Issue): string[] | undefined {
  if (issue.kind === 'missing' || issue.kind === 'wrong') return issue.words;
  return issue.kind === 'word' && issue.tells ? issue.words : undefined;
}

/** A problem; where the kind of a thing is unclear, also what is wrong with it whatever the kind. */
export function describe(issue: Issue, value: unknown, places: Places): Problem[] {
  const problem = problemAt(issue, value, places);
  const words = wordsThatTell(issue);
  if (words === undefined) return [problem];
  const path = issue.path.slice(0, -1);
  const likely = likelyIssues(path, String(issue.path.at(-1)), words, value);
  return [
    problem,
    ...strangeKeys(path, value, places),
    ...likely.map((other) => problemAt(other, value, places)),
  ];
}

export function problemAt(issue: Issue, value: unknown, places: Places): Problem {
  if (issue.kind === 'unknown-key') {
    const keys = keysAt(issue.path, value);
    const beside = Object.keys(valueAt(value, issue.path) ?? {});
    return unknownKey(issue.path, issue.key, keys.elsewhere.get(issue.key), keys.here, beside, places);
  }
  const at = { ...places.value(issue.path), path: formatPath(places.written(issue.path)) };
  if (issue.kind === 'missing')
    return {
      ...at,
      message: issue.words === undefined ? 'is missing' : `is missing: must be ${oneOf(issue.words)}`,
    };
  const source = places.source(issue.path);
  const seen =
    issue.kind === 'wrong' && !issue.show
      ? undefined
      : shown(issue.path, source, typeof valueAt(value, issue.path) === 'string');
  const here = seen === undefined ? {} : { value: seen };
  const suggestion = issue.kind === 'wrong' ? issue.suggestion : nearest(source ?? '', issue.words);
  const message = issue.kind === 'wrong' ? issue.message : `must be ${oneOf(issue.words)}`;
  return { ...at, ...here, message, ...(suggestion === undefined ? {} : { suggestion }) };
}

/** Where the kind of a thing is unclear, keys that no kind has are still wrong. */
function strangeKeys(path: Path, value: unknown, places: Places): Problem[] {
  const map = valueAt(value, path);
  const { here } = keysAt(path, value);
  const own = isMap(map) ? Object.keys(map) : [];
  const strange = own.filter((key) => !here.includes(key));
  return strange.map((key) => unknownKey(path, key, undefined, here, own, places));
}

/** @param beside all keys of the same map. */
function unknownKey(
  path: Path,
  key: string,
  kind: string | undefined,
  allowed: string[],
  beside: string[],
  places: Places,
): Problem {
  const at = [...path, key];
  const problem = { ...places.key(at), path: formatPath(places.written(at)) };
  if (kind !== undefined) return { ...problem, message: `belongs only to ${kind}` };
  const free = allowed.filter((other) => !beside.includes(other));
  const suggestion = nearest(key, free);
  const resembled = nearest(key, allowed);
  const taken = suggestion === undefined && resembled !== undefined ? ` (${resembled} is set already)` : '';
  const message = `unknown key${taken}; allowed here: ${allowed.join(', ')}`;
  return suggestion === undefined ? { ...problem, message } : { ...problem, message, suggestion };
}
