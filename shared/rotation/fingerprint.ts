/** Tells what a sink holds, without holding it. */
import { createHash } from 'node:crypto';

/**
 * SHA-256 (hex, 32 digits of it) of a rotation's id and a value. What rotations make has over 128 random bits: nothing can
 * be guessed back from it. It differs from rotation to rotation, so that two rows tell nothing of each other.
 */
export function fingerprintOf(rotation: string, value: Buffer): string {
  return createHash('sha256').update(`sealwatch ${rotation}\0`).update(value).digest('hex').slice(0, 32);
}
