/**
 * A kind of row: where each belongs and what it must be. Rows are packed (./packing.ts); beside that stand columns for
 * filters and for people's eyes, which are never read back.
 */
import type { z } from 'zod';
import { StateError } from './errors.ts';
import { checkKey } from './limits.ts';
import { pack, type Unpacked, unpack } from './packing.ts';

export type Keys = { partitionKey: string; rowKey: string };

export interface Kind<T> {
  table: string;
  schema: z.ZodType<T>;
  keys(value: T): Keys;
  columns?(value: T): Record<string, string | Date>;
}

/**
 * The value as it would be read back: a row that its own schema refuses is never written.
 *
 * @throws StateError `illegal-key`, `refused`
 */
export function storable<T>(kind: Kind<T>, value: T): T {
  const { partitionKey, rowKey } = kind.keys(value);
  checkKey('cluster', partitionKey);
  checkKey('row', rowKey);
  const read = kind.schema.safeParse(JSON.parse(JSON.stringify(value)));
  if (read.success) return read.data;
  const [issue] = read.error.issues;
  throw new StateError(
    'refused',
    `table ${kind.table}: row ${rowKey} of ${partitionKey} is not written: ${issue?.path.join('.') || 'value'}: ${issue?.message ?? 'wrong'}.`,
  );
}

/** @throws StateError `illegal-key`, `refused`, `state-too-large` */
export function encode<T>(kind: Kind<T>, value: T): Keys & Record<string, unknown> {
  const checked = storable(kind, value);
  const keys = kind.keys(checked);
  const what = `table ${kind.table}: row ${keys.rowKey} of ${keys.partitionKey}`;
  const { columns } = pack(what, checked, 'some text in it is far longer than it should be');
  return { ...keys, ...columns, ...kind.columns?.(checked) };
}

/** A row that holds the value of another one is damaged, too. */
export function decode<T>(kind: Kind<T>, row: Keys & Record<string, unknown>): Unpacked<T> {
  const read = unpack(row, kind.schema);
  if (!read.ok) return read;
  const { partitionKey, rowKey } = kind.keys(read.value);
  if (partitionKey === row.partitionKey && rowKey === row.rowKey) return read;
  return { ok: false, why: `damaged: it holds row ${rowKey} of ${partitionKey}` };
}

export function unreadable(table: string, { partitionKey, rowKey }: Keys, why: string): StateError {
  return new StateError(
    'unreadable',
    `table ${table}: row ${rowKey} of ${partitionKey} cannot be read (${why}). A person must look at it.`,
  );
}
