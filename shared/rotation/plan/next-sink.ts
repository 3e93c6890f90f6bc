/** One sink that is away or refuses keeps nothing from the others: which of several is next. Pure. */
import type { Rotation } from '../rotation.ts';
import type { RotationInput } from './say.ts';

/**
 * Whichever was tried longest ago; what cannot be read, or was refused before it was tried, comes last. A webhook is told of
 * the Key Vault secret's version: not before that has it.
 *
 * @param names of the sinks that still need it, stores first.
 */
export function nextSink(
  { cluster, held }: Pick<RotationInput, 'cluster' | 'held'>,
  { sinks, failing }: Pick<Rotation, 'sinks' | 'failing'>,
  names: readonly string[],
): string | undefined {
  const kindOf = (name: string) => cluster.rotation?.sinks.find((entry) => entry.name === name)?.kind;
  const isReferred = names.some((name) => kindOf(name) === 'keyVaultSecret');
  const rank = (name: string): number => {
    if (isReferred && kindOf(name) === 'webhook') return 3;
    const what = held[name];
    if (what && !what.ok) return 2;
    const isRefused = failing?.what === 'deliver' && sinks[name]?.startedAt === undefined;
    return isRefused && what?.value === 'other' ? 1 : 0;
  };
  // After a try that failed, it is another one's turn.
  const hasFailed = failing?.what === 'deliver' || failing?.what === 'restore';
  const triedAt = (name: string): number => (hasFailed ? (sinks[name]?.startedAt ?? 0) : 0);
  const order = (a: string, b: string) => rank(a) - rank(b) || triedAt(a) - triedAt(b);
  return names.toSorted(order)[0];
}
