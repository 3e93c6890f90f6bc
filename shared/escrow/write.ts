/** A generation as bytes: always the same for the same generation. */
import { createHash } from 'node:crypto';
import type { Generation } from './generation.ts';

/** The bytes of its blob: JSON with its keys sorted. */
export function generationBytes(generation: Generation): Buffer {
  return Buffer.from(`${JSON.stringify(generation, sortedKeys, 1)}\n`, 'utf8');
}

/** SHA-256 (hex), as the accepted generation's row keeps it. */
export function digestOf(bytes: Buffer): string {
  return createHash('sha256').update(bytes).digest('hex');
}

function sortedKeys(_key: string, value: unknown): unknown {
  if (typeof value !== 'object' || value === null || Array.isArray(value)) return value;
  const entries = Object.entries(value).sort(([a], [b]) => (a < b ? -1 : 1));
  return Object.fromEntries(entries);
}
