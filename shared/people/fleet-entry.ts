/** The hash that ties an approval to what fleet.yaml said of a cluster when it was given (rule 7). */
import { createHash } from 'node:crypto';
import type { Cluster } from '../fleet/fleet.ts';

/**
 * SHA-256 (hex) of a cluster's parsed entry. Everything in it counts, labels and channels too: telling harmless
 * edits from others is a judgement that an attacker would study. Comments, spelling and the order of keys do not
 * count; references count, not the secrets behind them.
 */
export function fleetEntryHash(cluster: Cluster): string {
  return createHash('sha256').update(canonical(cluster)).digest('hex');
}

/** JSON with sorted keys: the same value gives the same text. Lists keep their order. */
function canonical(value: unknown): string {
  if (Array.isArray(value)) return `[${value.map(canonical).join(',')}]`;
  if (typeof value !== 'object' || value === null) return JSON.stringify(value) ?? 'null';
  const fields = Object.entries(value)
    .filter(([, field]) => field !== undefined)
    .sort(([a], [b]) => (a < b ? -1 : 1))
    .map(([name, field]) => `${JSON.stringify(name)}:${canonical(field)}`);
  return `{${fields.join(',')}}`;
}
