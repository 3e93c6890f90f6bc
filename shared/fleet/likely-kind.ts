/** What is wrong with a thing whose kind is missing or unknown: judged as the kind that its keys fit best. */
import type { Issue } from './issues.ts';
import { flatten, valueAt } from './issues.ts';
import type { Path } from './problem.ts';
import { channel } from './schema/channel.ts';
import { login } from './schema/login.ts';
import { sink } from './schema/rotation.ts';
import { seal } from './schema/seal.ts';
import { isMap } from './shape.ts';

/** By the key that tells their kinds apart; sinks and channels have the same one. */
const unions = { kind: channel, method: login, type: seal };

function unionOf(path: Path, tells: string) {
  if (tells === 'kind' && path.at(-2) === 'sinks') return sink;
  return Object.entries(unions).find(([key]) => key === tells)?.[1];
}

/**
 * Wrong values only, and only where every kind that fits equally well agrees: a secret in clear must be told in the
 * first run, but nobody should mend what is right for the kind they meant.
 */
export function likelyIssues(path: Path, tells: string, words: string[], root: unknown): Issue[] {
  const map = valueAt(root, path);
  const union = unionOf(path, tells);
  if (!isMap(map) || union === undefined) return [];
  const judged = words.map((word) => {
    const parsed = union.safeParse({ ...map, [tells]: word });
    const issues = parsed.success ? [] : flatten(parsed.error.issues, { ...map, [tells]: word });
    return {
      issues,
      misfits: issues.filter(({ kind }) => kind === 'missing' || kind === 'unknown-key').length,
    };
  });
  const least = Math.min(...judged.map(({ misfits }) => misfits));
  const [first = [], ...others] = judged
    .filter(({ misfits }) => misfits === least)
    .map(({ issues }) => issues.filter((issue) => issue.kind === 'wrong'));
  return first
    .filter((issue) => others.every((issues) => issues.some((other) => isSame(issue, other))))
    .map((issue) => ({ ...issue, path: [...path, ...issue.path] }));
}

function isSame(one: Issue, other: Issue): boolean {
  return JSON.stringify(one) === JSON.stringify(other);
}
