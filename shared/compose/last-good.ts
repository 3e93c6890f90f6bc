/**
 * The last good fleet.yaml in our own state: a process that starts beside a bad file watches what was watched before
 * (rule 15).
 */
import type { FleetSourceOptions } from '../fleet/source.ts';
import type { Log } from '../log/log.ts';
import type { LastGood } from '../state/ports.ts';

/**
 * Written when it differs from what is stored: the first good text that a process sees is compared, each later one is
 * written once. A fault of storage is logged and tried again at the next load; no load waits for it.
 */
export function keepLastGood(
  stored: LastGood,
  log: Log,
): Required<Pick<FleetSourceOptions, 'keep' | 'previous'>> {
  let kept: string | undefined;
  let first = true;
  const write = async (text: string): Promise<void> => {
    const same = first && (await stored.read()) === text;
    if (!same) await stored.save(text);
    first = false;
  };
  let writing = Promise.resolve();
  return {
    keep(text, hash) {
      if (kept === hash) return;
      kept = hash;
      // One after the other: an older text must not overtake a newer one.
      writing = writing
        .then(() => write(text))
        .catch((error: unknown) => {
          if (kept === hash) kept = undefined;
          log.warn('last-good-fleet-not-kept', { error });
        });
    },
    async *previous() {
      const text = await stored.read().catch((error: unknown) => {
        log.error('last-good-fleet-not-read', { error });
        throw error;
      });
      if (text !== undefined) yield { text };
    },
  };
}

/** The older versions first: no app writes those. What we kept serves where storage keeps none, or does not answer. */
export function olderOrKept(
  older: FleetSourceOptions['previous'],
  kept: NonNullable<FleetSourceOptions['previous']>,
): NonNullable<FleetSourceOptions['previous']> {
  return async function* previous() {
    if (older) yield* older();
    yield* kept();
  };
}
