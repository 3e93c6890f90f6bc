/** Which version of a key of Key Vault a cluster is wrapped with, as far as the time of its leader tells. Pure. */
import type { AzureExercise, KeyVersion } from '../exercise/azure-exercise.ts';
import { leadsSince } from './leader-margin.ts';

/**
 * A new leader wraps with what is newest then (VAULT-FACTS, azurekeyvault seal). Those that it can be: the newest one made before
 * it took over, and all that were made too close to that to tell.
 *
 * @param leaderSince ms. @returns empty: nothing is known.
 */
export function mayBeWrappedWith(
  newest: KeyVersion,
  versions: KeyVersion[],
  leaderSince: number | undefined,
): KeyVersion[] {
  if (leaderSince === undefined) return [];
  const all = [newest, ...versions.filter(({ version }) => version !== newest.version)];
  const isTo = ({ createdAt }: KeyVersion) => leadsSince(leaderSince, createdAt);
  const before = all.filter((one) => isTo(one) === 'after');
  const last = Math.max(...before.map(({ createdAt = 0 }) => createdAt));
  return all.filter(
    (one) => isTo(one) === 'unknown' || (isTo(one) === 'after' && (one.createdAt ?? 0) === last),
  );
}

/**
 * Whether the cluster has no need of the version before the newest one. To lead since the newest was made is not enough: a
 * leader that cannot open what it finds wraps nothing anew (tried with a real Vault), so the older one must have been enabled
 * then still. What was last changed later was last disabled later.
 */
export function isLeftBehind(
  last: KeyVersion,
  newest: KeyVersion,
  versions: KeyVersion[],
  leaderSince: number | undefined,
): boolean {
  if (leadsSince(leaderSince, last.createdAt) === 'before') return true;
  const [one, ...others] = mayBeWrappedWith(newest, versions, leaderSince);
  const isNewest = one?.version === newest.version && others.length === 0;
  return isNewest && leadsSince(leaderSince, last.updatedAt) === 'before';
}

export interface ShutVersion {
  versions: KeyVersion[];
  why: string;
  evidence: string[];
  advice: string;
}

/** What the cluster is certainly wrapped with, where that is disabled. A newest one that is, is told as itself. */
export function shutVersionOf({
  key,
  newest,
  versions,
  leaderSince,
}: AzureExercise): ShutVersion | undefined {
  if (!newest.ok || !versions.ok || leaderSince === undefined) return undefined;
  const needed = mayBeWrappedWith(newest.value, versions.value, leaderSince);
  if (needed.length === 0) return undefined;
  if (needed.some(({ version, enabled }) => enabled || version === newest.value.version)) return undefined;
  const names = needed
    .slice(0, 3)
    .map(({ version }) => version)
    .join(' or ');
  const { version, createdAt } = newest.value;
  const made = createdAt === undefined ? 'later' : `made ${iso(createdAt)}`;
  return {
    versions: needed,
    why: `version ${names} of key ${key} is disabled, and the cluster is wrapped with it: it has had no new leader since ${iso(leaderSince)}`,
    evidence: [
      `Version ${names} of key ${key} is disabled.`,
      `Its active node leads since ${iso(leaderSince)}, and wrapped with what was newest then; the newest one now is ${version}, ${made}.`,
    ],
    advice:
      'Restart nothing. Enable that version: a node that is sealed meanwhile unseals within seconds. Then let the active node step down, and disable it only after that.',
  };
}

function iso(ms: number): string {
  return new Date(ms).toISOString();
}
