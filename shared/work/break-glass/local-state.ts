/** The recover app's state on a laptop: rows in memory, each write in the journal first; the blob is the envelope file. */
import { auditEntry } from '../../people/audit.ts';
import type { Recovery } from '../../recovery/recovery.ts';
import { LostRow } from '../recover/held.ts';
import type { EnvelopeFile } from './envelope-file.ts';
import { type HandState, leftToTheApp, notHere } from './hand-state.ts';
import type { Journal } from './journal.ts';

/** @param stop once aborted, no intent is written any more: a pass ends before its next request. */
export function localState(journal: Journal, envelopes: EnvelopeFile, stop: AbortSignal): HandState {
  const rows = new Map<string, { value: Recovery; etag: string }>();
  let writes = 0;
  let nudge: number | undefined;
  let generation = { value: envelopes.row, etag: 'file' };
  for (const entry of journal.before) {
    if (entry.kind === 'recovery') keep(withoutOldLease(entry.value, journal));
    if (entry.kind === 'generation' && entry.value.digest === envelopes.row.digest) {
      generation = { value: entry.value, etag: 'journal' };
    }
  }

  function keep(value: Recovery): string {
    writes += 1;
    const etag = String(writes);
    rows.set(value.id, { value, etag });
    return etag;
  }
  async function store(value: Recovery): Promise<string> {
    await journal.append({ kind: 'recovery', value });
    return keep(value);
  }
  const open = (cluster: string) =>
    [...rows.values()].find(({ value }) => value.cluster === cluster && value.status === 'open');
  const sends = (value: Recovery) => value.intents.length > (rows.get(value.id)?.value.intents.length ?? 0);

  return {
    takeNudge() {
      const left = nudge;
      nudge = undefined;
      return left;
    },
    own: async () => [...rows.values()].at(-1)?.value,
    // Nobody else can have it.
    renew: async () => true,
    keeping: (work) => work(),
    ...leftToTheApp,
    recoveries: {
      async open(recovery) {
        const busy = open(recovery.cluster);
        if (busy) return { opened: false, busy: busy.value.id };
        return { opened: true, etag: await store(recovery) };
      },
      read: async (_cluster, id) => rows.get(id),
      active: async (cluster) => open(cluster),
      async save({ value, etag }) {
        const isToSend = sends(value);
        if (rows.get(value.id)?.etag !== etag || (isToSend && stop.aborted)) return { saved: false };
        const saved = await store(value);
        // Asked again: writing took its time, and what follows is the request.
        return isToSend && stop.aborted ? { saved: false } : { saved: true, etag: saved };
      },
      async end({ value, etag }) {
        if (rows.get(value.id)?.etag !== etag) return 'conflict';
        await store(value);
        return 'ended';
      },
      list: async (cluster) => ({
        rows: [...rows.values()]
          .map(({ value }) => value)
          .filter((row) => row.cluster === cluster)
          .toReversed(),
        unreadable: [],
      }),
      allActive: async () => ({
        recoveries: [...rows.values()].map(({ value }) => value).filter(({ status }) => status === 'open'),
        unreadable: [],
      }),
    },
    generations: {
      newest: async () => generation,
      all: async () => ({ rows: [generation.value], unreadable: [] }),
      async save(value, etag) {
        if (etag !== generation.etag || value.digest !== generation.value.digest) {
          return { saved: false, why: 'conflict' };
        }
        await journal.append({ kind: 'generation', value });
        writes += 1;
        generation = { value, etag: String(writes) };
        return { saved: true, etag: generation.etag };
      },
    },
    escrow: {
      create: () => notHere('a generation cannot be made'),
      read: async (name) =>
        name === envelopes.name ? { bytes: envelopes.bytes, digest: envelopes.row.digest } : undefined,
      list: async () => [envelopes.name],
    },
    audit: {
      async write(entry) {
        if (stop.aborted && entry.what === 'step') throw new LostRow('stopped by hand');
        await journal.append({ kind: 'audit', value: auditEntry(entry) });
      },
    },
    // Outside of holds, too (rule 8).
    holds: {
      set: () => notHere('no hold can be set'),
      end: () => notHere('no hold can be ended'),
      of: async () => undefined,
    },
    starts: { of: async () => [], note: async () => undefined },
    nudges: {
      async send(queue, _cluster, delayMs) {
        if (queue === 'steps') nudge = delayMs;
      },
    },
  };
}

/** The process that held it is gone: nobody works on it. */
function withoutOldLease(value: Recovery, { overRuns }: Journal): Recovery {
  if (!value.lease || !overRuns.has(value.lease.owner)) return value;
  const { lease: _lease, ...rest } = value;
  return rest;
}
