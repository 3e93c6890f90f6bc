/** Rows as files: `rows-v1/KIND.json`. What once was written there stays as it is; new rows are added behind it. */
import { existsSync, readFileSync } from 'node:fs';
import type { Row, StoredKind } from './kinds.ts';
import { pathsOf, saidBy } from './paths.ts';

export interface Committed {
  /** The row as stored: binary columns as `{ bytes }` in base64, times as `{ time }`. */
  row: Record<string, unknown>;
  /** What every later version must read from it. */
  value: unknown;
}

export function fileOf({ name }: StoredKind): URL {
  return new URL(`rows-v1/${name}.json`, import.meta.url);
}

export function committedOf(kind: StoredKind): Committed[] {
  const file = fileOf(kind);
  return existsSync(file) ? (JSON.parse(readFileSync(file, 'utf8')) as Committed[]) : [];
}

export function toFile(row: Row): Committed['row'] {
  return mapped(row, (column) => {
    if (column instanceof Uint8Array) return { bytes: Buffer.from(column).toString('base64') };
    return column instanceof Date ? { time: column.toISOString() } : column;
  });
}

export function fromFile(row: Committed['row']): Row {
  return mapped(row, (column) => {
    if (typeof column !== 'object' || column === null) return column;
    if ('bytes' in column) return Buffer.from(String(column.bytes), 'base64');
    return 'time' in column ? new Date(String(column.time)) : column;
  }) as Row;
}

function mapped(row: Record<string, unknown>, map: (column: unknown) => unknown): Record<string, unknown> {
  return Object.fromEntries(Object.entries(row).map(([name, column]) => [name, map(column)]));
}

/** What today's schema may say, and no committed row does; of a file: the examples that were not committed. */
export function missingOf({ schema, examples }: StoredKind, values: unknown[]): string[] {
  if (schema === undefined) return examples.map(String).filter((text) => !values.includes(text));
  const said = new Set(values.flatMap((value) => saidBy(schema, value)));
  return [...new Set(pathsOf(schema))].filter((path) => !said.has(path));
}

/** As it was given to be written. */
export function writtenOf({ row, value }: Committed, { name, schema }: StoredKind): unknown {
  if (schema === undefined) return row['text'];
  return name === 'hold' || name === 'acknowledgement' ? fromFile(row) : value;
}
