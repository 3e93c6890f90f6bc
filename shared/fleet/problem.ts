/** One thing that is wrong with fleet.yaml, and where. */
export interface Problem {
  /** From 1; 0 when the file as a whole is meant. */
  line: number;
  column: number;
  /** "clusters.payments.nodes[1].address"; empty for the file as a whole. */
  path: string;
  /** What stands there, where that is short and no secret. */
  value?: string;
  /** What is allowed. */
  message: string;
  /** What was probably meant. */
  suggestion?: string;
}

export type Path = (string | number)[];

/** Vault tokens, signing keys, PEM and URLs, in a key where nobody expects them. */
const secretKey = /(^|\W)(hv[sbr]\.|whsec_)|-----|:\/\//;

/** "clusters.payments.nodes[1].address" */
export function formatPath(path: Path): string {
  return path
    .map((part, index) => {
      if (typeof part === 'number') return `[${part}]`;
      if (/^[\w-]{1,80}$/.test(part) && !secretKey.test(part)) return index === 0 ? part : `.${part}`;
      return `[${shownKey(part)}]`;
    })
    .join('');
}

/** A key for people to see; not where it could well be a secret. */
export function shownKey(key: string): string {
  return secretKey.test(key) ? 'a key that could be a secret' : quote(key.slice(0, 80));
}

/** Quoted on one line: control characters of a file do not reach a terminal. */
export function quote(text: string): string {
  return JSON.stringify(text).replace(
    /[\u007f-\u009f\u2028\u2029\u200e\u200f\u202a-\u202e\u2066-\u2069]/g,
    (character) => `\\u${character.charCodeAt(0).toString(16).padStart(4, '0')}`,
  );
}

/** One line about one problem, without the file's name. */
export function formatProblem({ line, column, path, value, message, suggestion }: Problem): string {
  const place = line === 0 ? '' : `line ${line}, column ${column}: `;
  const what = path === '' ? '' : `${path}: `;
  const here = value === undefined ? '' : `; found ${value}`;
  const meant = suggestion === undefined ? '' : `; did you mean ${suggestion}?`;
  return `${place}${what}${message}${here}${meant}`;
}

/** All problems as text that a person can act on, one a line; after `most` lines only their number. */
export function formatProblems(problems: Problem[], fileName: string, most = 200): string {
  const count = problems.length === 1 ? 'a problem' : `${problems.length} problems`;
  const lines = problems.slice(0, most).map((problem) => `  ${formatProblem(problem)}`);
  const rest = problems.length > most ? [`  and ${problems.length - most} more`] : [];
  return [`${fileName} has ${count}:`, ...lines, ...rest].join('\n');
}

/** By place in the file; one mistake that an alias repeats is told once. */
export function sortProblems(problems: Problem[]): Problem[] {
  const told = new Set<string>();
  return problems
    .toSorted((a, b) => a.line - b.line || a.column - b.column)
    .filter(({ line, column, message, suggestion }) => {
      const key = JSON.stringify([line, column, message, suggestion]);
      return !told.has(key) && told.add(key);
    });
}
