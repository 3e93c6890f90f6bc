/** Whether keys can be the shares of this cluster. Names them by index, never by value. */
import type { KeyList } from './init-output.ts';

/** As the cluster itself says, on sys/seal-status. */
export interface ClusterSeal {
  /** t: 0 until initialised. */
  threshold: number;
  /** n */
  count: number;
  /** shamir, transit, azurekeyvault … */
  type: string;
  /** It unseals by itself: its shares are recovery keys. */
  recoverySeal: boolean;
}

/** A Shamir share of Vault is a 32-byte key and one byte, its number; a single share is the key itself. */
const keyBytes = 32;

export function problemsOf({ keys, threshold, count, differing }: KeyList, seal: ClusterSeal): string[] {
  if (seal.count === 0) return ['the cluster is not initialised: it has no shares yet'];
  const problems: string[] = [];
  if (count !== undefined && count !== seal.count) {
    problems.push(
      `the file says ${count} shares, the cluster ${seal.count}: it is not of this cluster, or of before a rekey`,
    );
  }
  if (threshold !== undefined && threshold !== seal.threshold) {
    problems.push(
      `the file says threshold ${threshold}, the cluster ${seal.threshold}: it is not of this cluster, or of before a rekey`,
    );
  }
  if (keys.length !== seal.count) {
    problems.push(`${keys.length} shares were given, the cluster has ${seal.count}: give each of them once`);
  }
  for (const index of differing) {
    problems.push(`share ${index} differs between the base64 and the hex list: the file was changed`);
  }
  const expected = seal.count === 1 ? keyBytes : keyBytes + 1;
  for (const [place, key] of keys.entries()) problems.push(...keyProblems(key, place + 1, expected));
  return [...problems, ...pairProblems(keys, expected)];
}

function keyProblems(key: Buffer | undefined, index: number, expected: number): string[] {
  if (!key) return [`share ${index} is neither base64 nor hex`];
  if (isPgp(key, expected)) {
    return [`share ${index} is encrypted with PGP: its owner must decrypt it first (base64 -d, then gpg -d)`];
  }
  if (key.length === expected) return [];
  return [
    `share ${index} has ${key.length} bytes, but a share of this cluster has ${expected}: it is cut, or no share`,
  ];
}

/** Armour, or a binary packet: its first bit is always set (RFC 9580, 4.2), and it is long. */
function isPgp(key: Buffer, expected: number): boolean {
  const first = key[0] ?? 0;
  return (
    key.length > expected + 20 &&
    ((first & 0x80) !== 0 || key.subarray(0, 10).equals(Buffer.from('-----BEGIN')))
  );
}

function pairProblems(keys: (Buffer | undefined)[], expected: number): string[] {
  const problems: string[] = [];
  for (const [later, key] of keys.entries()) {
    for (const [earlier, other] of keys.slice(0, later).entries()) {
      if (!key || !other) continue;
      if (key.equals(other)) {
        problems.push(`share ${later + 1} is the same as share ${earlier + 1}`);
      } else if (
        keys.length > 1 &&
        key.length === expected &&
        other.length === expected &&
        lastOf(key) === lastOf(other)
      ) {
        problems.push(
          `shares ${earlier + 1} and ${later + 1} cannot be of one set: they carry the same number`,
        );
      }
    }
  }
  return problems;
}

function lastOf(key: Buffer): number | undefined {
  return key[key.length - 1];
}
