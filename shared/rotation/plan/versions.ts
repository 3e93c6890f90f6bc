/** Versions of a key, and which of them its consumers need. Pure. */
import type { ConsumerSight, Look } from '../rotation.ts';

/** Clocks of a provider and ours may differ by so much, ms. */
export const clockMargin = 60_000;

export function newestVersion({ versions = [] }: Pick<Look, 'versions'>) {
  return versions.toSorted(
    (a, b) => b.madeAt - a.madeAt || b.version.localeCompare(a.version, 'en', { numeric: true }),
  )[0];
}

/**
 * Whether its active node began to lead after that time: then its keys are wrapped with what was newest then. Every new
 * leader wraps anew (VAULT-FACTS, azurekeyvault seal: the mechanism is shared) that can open what is stored: ./shut.ts.
 */
export function leaderMoved({ leaderSince }: ConsumerSight, after: number): 'yes' | 'no' | 'unseen' {
  if (leaderSince === undefined) return 'unseen';
  return leaderSince > after + clockMargin ? 'yes' : 'no';
}

/**
 * The newest version at its last proven change of leader: what a consumer's keys are wrapped with at least. Undefined:
 * unknown, and then nothing may be given up (rule 11).
 */
export function neededBy(
  { leaderSince }: ConsumerSight,
  { versions = [] }: Pick<Look, 'versions'>,
): number | undefined {
  if (leaderSince === undefined) return undefined;
  const before = versions
    .filter(({ madeAt }) => madeAt + clockMargin < leaderSince)
    .map(({ version }) => Number(version));
  const needed = Math.max(...before);
  return Number.isInteger(needed) ? needed : undefined;
}
