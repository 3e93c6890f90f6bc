/**
 * The recover app's state in its own storage, as a laptop uses it while Functions are down. The recovery's row is the
 * fence: opened with a lease, written by If-Match, and kept as long as the command runs, so that no pass of the app acts
 * meanwhile. Each write is in the journal, too, before anybody acts on it (rule 8).
 */
import type { Clock } from '../../clock.ts';
import { auditEntry } from '../../people/audit.ts';
import { StateError } from '../../state/errors.ts';
import type { RecoverState } from '../../state/recover-ports.ts';
import { LostRow } from '../recover/held.ts';
import type { EnvelopeFile } from './envelope-file.ts';
import { type HandState, leftToTheApp, notHere } from './hand-state.ts';
import type { Journal } from './journal.ts';
import { OwnRow } from './own-row.ts';

export interface StoredOptions {
  journal: Journal;
  /** As the person was shown them: no other generation is used. */
  envelopes: EnvelopeFile;
  clock: Pick<Clock, 'now' | 'after'>;
  /** Once aborted, no intent is written any more: a pass ends before its next request. */
  stop: AbortSignal;
}

/** Goes on with the recovery that the journal left open, where storage has it open too and nobody else has taken it. */
export async function storedState(
  remote: RecoverState,
  { journal, envelopes, clock, stop }: StoredOptions,
): Promise<HandState> {
  const { cluster, digest } = envelopes.row;
  const row = new OwnRow(remote, journal, clock);
  await row.adopt(cluster);
  let nudge: number | undefined;

  return {
    takeNudge() {
      const left = nudge;
      nudge = undefined;
      return left;
    },
    own: () => row.current(),
    renew: () => row.renew(),
    keeping: (work) => row.keeping(work),
    ...leftToTheApp,
    recoveries: {
      open: (recovery) => row.open(recovery),
      read: async (of, id) => (id === row.value?.id ? row.asOpen() : remote.recoveries.read(of, id)),
      // Once it has its own, no other one is worked on.
      active: async (of) => (row.value ? row.asOpen() : remote.recoveries.active(of)),
      async save(stored) {
        const sends = stored.value.intents.length > (row.value?.intents.length ?? 0);
        if (sends && stop.aborted) return { saved: false };
        const saved = await row.save(stored);
        // Asked again: writing took its time, and what follows is the request.
        return sends && stop.aborted ? { saved: false } : saved;
      },
      end: (stored) => (stored.value.id === row.value?.id ? row.end(stored) : remote.recoveries.end(stored)),
      list: (of, since) => remote.recoveries.list(of, since),
      allActive: () => remote.recoveries.allActive(),
    },
    generations: {
      async newest(of) {
        const found = await remote.generations.newest(of);
        if (found?.value.digest === digest) return found;
        throw new StateError('refused', `another generation of ${of} is in use by now: look again`);
      },
      all: () => remote.generations.all(),
      async save(value, etag) {
        const saved = await remote.generations.save(value, etag);
        if (saved.saved) await journal.append({ kind: 'generation', value });
        return saved;
      },
    },
    escrow: {
      create: () => notHere('a generation cannot be made'),
      read: async (name) => (name === envelopes.name ? { bytes: envelopes.bytes, digest } : undefined),
      list: async () => [envelopes.name],
    },
    audit: {
      async write(entry) {
        if (stop.aborted && entry.what === 'step') throw new LostRow('stopped by hand');
        const value = auditEntry(entry);
        await journal.append({ kind: 'audit', value });
        await remote.audit.write(value);
      },
    },
    holds: remote.holds,
    starts: remote.starts,
    nudges: {
      async send(queue, of, delayMs) {
        if (queue === 'steps') nudge = delayMs;
        // Without it the next sweep tells of it.
        else await remote.nudges.send(queue, of, delayMs).catch(() => undefined);
      },
    },
  };
}
