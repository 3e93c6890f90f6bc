/** What zod says, in the words of fleet.yaml. */
import type { z } from 'zod';
import type { Path } from './problem.ts';
import { isMap } from './shape.ts';

type ZodIssue = z.core.$ZodIssue;

export type Issue =
  | { kind: 'unknown-key'; path: Path; key: string }
  /** One of a few words is wanted; `tells` when it decides what else is allowed beside it. */
  | { kind: 'word'; path: Path; words: string[]; tells: boolean }
  /** With `words`, here and below, it would have decided what else is allowed beside it. */
  | { kind: 'missing'; path: Path; words?: string[] }
  | { kind: 'wrong'; path: Path; message: string; show: boolean; suggestion?: string; words?: string[] };

/** Flattens zod's issues; `root` is the value that was parsed. */
export function flatten(issues: ZodIssue[], root: unknown, above: Path = []): Issue[] {
  return issues.flatMap((issue) => flattenOne(issue, root, [...above, ...(issue.path as Path)]));
}

function flattenOne(issue: ZodIssue, root: unknown, path: Path): Issue[] {
  const value = valueAt(root, path);
  if (issue.code === 'unrecognized_keys')
    return issue.keys.map((key) => ({ kind: 'unknown-key', path, key }));
  if (value === null) {
    const words = issue.code === 'invalid_union' ? wordsOf(issue) : undefined;
    const empty = wrong(path, 'is empty: give it a value or remove the line');
    return [words === undefined ? empty : { ...empty, words }];
  }
  if (issue.code === 'invalid_union') return flattenUnion(issue, root, path, value);
  if (value === undefined) return [{ kind: 'missing', path }];
  if (issue.code === 'invalid_value') {
    const words = issue.values.map(String);
    if (typeof value === 'string' && issue.values.every((word) => typeof word === 'string'))
      return [{ kind: 'word', path, words, tells: false }];
    return [wrong(path, `must be ${oneOf(words)}`, true)];
  }
  if (issue.code === 'invalid_type') return [wrongType(issue, path, value)];
  const suggestion = issue.code === 'custom' ? issue.params?.['suggestion'] : undefined;
  const own = wrong(path, issue.message, true);
  return [typeof suggestion === 'string' ? { ...own, suggestion } : own];
}

function flattenUnion(
  issue: z.core.$ZodIssueInvalidUnion,
  root: unknown,
  path: Path,
  value: unknown,
): Issue[] {
  const words = wordsOf(issue);
  if (words !== undefined) {
    if (value === undefined) return [{ kind: 'missing', path, words }];
    return [{ kind: 'word', path, words, tells: true }];
  }
  // A node: an address, or a map with one.
  const [asText = [], asMap = []] = issue.errors;
  if (typeof value === 'string') return flatten(asText, root, path);
  if (isMap(value)) return flatten(asMap, root, path);
  return [wrong(path, 'must be an address, or a map with an address')];
}

/** Of a union whose kinds are told apart by a word: the words. */
function wordsOf(issue: z.core.$ZodIssueInvalidUnion): string[] | undefined {
  return 'options' in issue && Array.isArray(issue.options) ? issue.options.map(String) : undefined;
}

function wrongType(issue: z.core.$ZodIssueInvalidType, path: Path, value: unknown): Issue {
  if (!issue.message.startsWith('Invalid input')) return wrong(path, issue.message, true);
  switch (issue.expected) {
    case 'object':
    case 'record':
      return wrong(path, `must be a map of keys and values, not ${typeName(value)}`);
    case 'array':
      return wrong(path, `must be a list, not ${typeName(value)}`);
    case 'string':
      return wrong(
        path,
        typeof value === 'object' ? `must be text, not ${typeName(value)}` : 'must be text: put it in quotes',
        true,
      );
    default:
      return wrong(path, `must be a ${issue.expected}, not ${typeName(value)}`);
  }
}

function wrong(path: Path, message: string, show = false): Issue & { kind: 'wrong' } {
  return { kind: 'wrong', path, message, show };
}

export function oneOf(words: string[]): string {
  return words.length === 1 ? String(words[0]) : `one of ${words.join(', ')}`;
}

function typeName(value: unknown): string {
  if (Array.isArray(value)) return 'a list';
  if (isMap(value)) return 'a map';
  return typeof value === 'string' ? 'text' : `a ${typeof value}`;
}

export function valueAt(root: unknown, path: Path): unknown {
  let value = root;
  for (const part of path) {
    if ((!isMap(value) && !Array.isArray(value)) || !Object.hasOwn(value, part)) return undefined;
    value = (value as Record<string | number, unknown>)[part];
  }
  return value;
}
