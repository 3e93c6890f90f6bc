/**
 * A value as columns of one row: JSON, deflated, cut into binary properties d0, d1 … beside its schema version `v`.
 * So a head's size depends on what it says, not on how many properties a table allows.
 */
import { deflateRawSync, inflateRawSync } from 'node:zlib';
import type { z } from 'zod';
import { StateError } from './errors.ts';
import { columnBytes, rowBytes } from './limits.ts';

/** Raised when an older Sealwatch would misread a row. */
export const schemaVersion = 1;

/** A row that inflates to more was not written by us. */
const inflatedBytes = 64 * 1024 * 1024;

export interface Packed {
  columns: Record<string, number | Uint8Array>;
  /** Size of the binary columns. */
  bytes: number;
}

export type Unpacked<T> = { ok: true; value: T } | { ok: false; why: string };

const tooManyAlerts = 'it has too many nodes or open alerts for one cluster of fleet.yaml';

/** @param what names the row in the error. @param why says what made it large. @throws StateError `state-too-large` */
export function pack(what: string, value: unknown, why = tooManyAlerts): Packed {
  const data = deflateRawSync(JSON.stringify(value));
  if (data.byteLength > rowBytes) {
    const kib = Math.ceil(data.byteLength / 1024);
    throw new StateError(
      'state-too-large',
      `${what} has ${kib} KiB encoded, at most ${rowBytes / 1024} KiB fit in a row: ${why}.`,
    );
  }
  const columns: Packed['columns'] = { v: schemaVersion };
  for (let at = 0, n = 0; at < data.byteLength; at += columnBytes, n += 1) {
    columns[`d${n}`] = data.subarray(at, at + columnBytes);
  }
  return { columns, bytes: data.byteLength };
}

/** Never guesses: a row of another version, or one that does not parse, says why. */
export function unpack<T>(row: Record<string, unknown>, schema: z.ZodType<T>): Unpacked<T> {
  const version = checkVersion(row);
  if (version) return version;
  const chunks: Uint8Array[] = [];
  for (let n = 0; row[`d${n}`] instanceof Uint8Array; n += 1) chunks.push(row[`d${n}`] as Uint8Array);
  let json: unknown;
  try {
    json = JSON.parse(
      inflateRawSync(Buffer.concat(chunks), { maxOutputLength: inflatedBytes }).toString('utf8'),
    );
  } catch (error) {
    return { ok: false, why: `damaged: ${error instanceof Error ? error.message : 'not readable'}` };
  }
  return parseRow(json, schema);
}

/** Undefined: this version reads it. */
export function checkVersion(row: Record<string, unknown>): { ok: false; why: string } | undefined {
  const { v } = row;
  if (v === schemaVersion) return undefined;
  const newer = newerThanThis(row);
  if (newer !== undefined) return { ok: false, why: newer };
  return { ok: false, why: `damaged: schema version ${v === undefined ? 'missing' : JSON.stringify(v)}` };
}

/** What to say of a row of a later version; undefined: it is none. */
export function newerThanThis({ v }: Record<string, unknown>): string | undefined {
  if (typeof v !== 'number' || v <= schemaVersion) return undefined;
  return `written by a newer Sealwatch (v${v}): upgrade this app`;
}

export function parseRow<T>(json: unknown, schema: z.ZodType<T>): Unpacked<T> {
  const parsed = schema.safeParse(json);
  if (parsed.success) return { ok: true, value: parsed.data };
  const [issue] = parsed.error.issues;
  const place = issue?.path.join('.') || 'value';
  if (issue && isUnknownWord(issue, json)) {
    return { ok: false, why: `written by a newer Sealwatch (${place} is not known here): upgrade this app` };
  }
  return { ok: false, why: `damaged: ${place}: ${issue?.message ?? 'wrong'}` };
}

/** Fields may come in the same version, and words of closed lists with them: text where one of a list must be. */
function isUnknownWord({ code, path }: z.core.$ZodIssue, json: unknown): boolean {
  if (code === 'unrecognized_keys') return true;
  if (code !== 'invalid_value' && code !== 'invalid_union') return false;
  return typeof path.reduce((inner, part) => fieldOf(inner, part), json) === 'string';
}

function fieldOf(value: unknown, name: PropertyKey): unknown {
  return typeof value === 'object' && value !== null ? Reflect.get(value, name) : undefined;
}
