/** Says where an answer departs from its schema: path, what was expected, what type came. Never the value. */
import type { z } from 'zod';

/** `servers.*.healthy: expected boolean, got string`. `body` is what the schema refused. */
export function misfit(issues: readonly z.core.$ZodIssue[], body: unknown): string {
  const [issue] = issues;
  if (!issue) return 'answer: unexpected';
  const path = issue.path.map(segment).join('.') || 'answer';
  if (issue.code === 'too_big') {
    return `${path}: more than ${issue.maximum} ${issue.origin === 'string' ? 'characters' : 'entries'}`;
  }
  if (issue.code !== 'invalid_type') return `${path}: ${issue.code.replaceAll('_', ' ')}`;
  return `${path}: expected ${issue.expected}, got ${typeName(at(body, issue.path))}`;
}

/** Keys of a record are the server's words, and can echo a secret: only what looks like a field's name passes. */
function segment(key: PropertyKey): string {
  if (typeof key === 'number') return String(key);
  return typeof key === 'string' && /^[a-z_]{1,40}$/.test(key) ? key : '*';
}

function at(body: unknown, path: readonly PropertyKey[]): unknown {
  let value = body;
  for (const key of path) {
    if (typeof value !== 'object' || value === null || !Object.hasOwn(value, key)) return undefined;
    value = (value as Record<PropertyKey, unknown>)[key];
  }
  return value;
}

function typeName(value: unknown): string {
  if (value === undefined) return 'nothing';
  if (value === null) return 'null';
  if (Array.isArray(value)) return 'array';
  if (typeof value === 'number' && !Number.isFinite(value)) return 'a number out of range';
  return typeof value;
}
