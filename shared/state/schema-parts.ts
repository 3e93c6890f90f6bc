/** What schemas of rows are made of. */
import { z } from 'zod';

// What a Date can hold: any other number makes whoever shows it throw.
export const ms = z.number().min(-8.64e15).max(8.64e15);
export const counted = z.int().min(1);
export const sha256 = z.string().regex(/^[0-9a-f]{64}$/, 'not a SHA-256 in hex');

/** What a person reads. */
export const line = z.string().max(2000);
export const lines = z.array(line).max(100);

/** A record, so that the compiler notices a name that is missing in it. */
export function oneOf<Name extends string>(names: Record<Name, true>) {
  return z.enum(Object.keys(names) as [Name, ...Name[]]);
}
