/** The hash that ties an approval to what fleet.yaml said of a cluster when it was given (rule 7). */
import type { Cluster, Seal } from '../fleet/fleet.ts';
import { canonicalHash } from './canonical-hash.ts';

/**
 * SHA-256 (hex) of a cluster's parsed entry. Everything in it counts, labels and channels too: telling harmless
 * edits from others is a judgement that an attacker would study. Comments, spelling and the order of keys do not
 * count; references count, not the secrets behind them.
 */
export function fleetEntryHash(cluster: Cluster): string {
  return canonicalHash(cluster);
}

/** The same of the seal alone: what readiness was exercised for. */
export function sealEntryHash(seal: Seal): string {
  return canonicalHash(seal);
}
