/** Where fleet.yaml is read from, for each app alike: the file or the blob that SEALWATCH_FLEET names. */
import { createHash } from 'node:crypto';
import type { Clock } from '../clock.ts';
import type { FleetSourceOptions, FleetText } from '../fleet/source.ts';
import { FleetUnreadable, fleetText } from '../fleet/text.ts';
import { OutOfTime, within } from '../fleet/within.ts';
import { mostBytes } from '../fleet/yaml.ts';
import type { Log } from '../log/log.ts';
import { createCall } from '../state/azure/calls.ts';
import { createClients, type StateSettings } from '../state/azure/clients.ts';
import { connectFleetBlob, type FleetBlob } from '../state/azure/fleet-blob.ts';
import { StateError, type StateErrorCode } from '../state/errors.ts';
import { readFleetFile } from './fleet-file.ts';
import type { BlobPlace, FleetPlace } from './fleet-place.ts';
import type { Credential } from './state.ts';

export interface FleetAccess {
  /** Of SEALWATCH_STORAGE. */
  storage: { connectionString: string } | { clientId?: string };
  credential: Credential;
  clock: Clock;
  log: Pick<Log, 'warn'>;
}

/** Storage is asked no more often than this, ms: many batches and messages begin by asking for the fleet. */
const pauseMs = 5_000;

/** `previous`: there are older versions of blobs only. */
export function fleetReader(
  place: FleetPlace,
  access: FleetAccess,
): Pick<FleetSourceOptions, 'read' | 'previous'> {
  const { shown, blob } = place;
  if (!blob) return { read: () => readFleetFile(shown) };
  const fleetBlob = connect(blob, access);
  const { clock, log } = access;
  let lookedAt = Number.NEGATIVE_INFINITY;
  return {
    read: atMostOnce(latest(fleetBlob, blob, clock), clock),
    async *previous() {
      const now = clock.elapsed();
      if (now - lookedAt < pauseMs) return;
      lookedAt = now;
      yield* older(fleetBlob, log);
    },
  };
}

/** A sweep that has a fleet waits no longer for a newer one, ms (rule 13); the first is waited for as other storage is. */
const patienceMs = 5_000;

/** One read, for a command; FleetUnreadable where it gives nothing. */
export async function readFleetBlob(place: BlobPlace, access: FleetAccess): Promise<FleetText> {
  return latest(connect(place, access), place, access.clock)();
}

function connect(place: BlobPlace, { storage, credential, clock }: FleetAccess): FleetBlob {
  const clients = createClients(accountSettings(place, storage, credential));
  return connectFleetBlob(clients, createCall(clock), { ...place, mostBytes });
}

/** A connection string's key is for its own account: another one, and any without a key, sees the app's identity. */
function accountSettings(
  { account, own }: BlobPlace,
  storage: FleetAccess['storage'],
  credential: Credential,
): StateSettings {
  if ('connectionString' in storage && own) return storage;
  const clientId = 'clientId' in storage ? storage.clientId : undefined;
  return {
    // Its tables and queues are asked for nothing.
    accountUrls: { blob: account, table: account, queue: account },
    credential: {
      getToken: async (scopes, options) => (await credential(clientId)).getToken(scopes, options),
    },
  };
}

/** The blob as it is now; what was read stays known by its ETag, and so does that it was of no use. */
function latest(blob: FleetBlob, place: BlobPlace, clock: Clock): () => Promise<FleetText> {
  let etag = '';
  let text: FleetText | FleetUnreadable | undefined;
  return async () => {
    const asked = text ? within(patienceMs, clock, (stop) => blob.read(etag, stop)) : blob.read();
    const answer = await asked.catch((error: unknown) => {
      if (error instanceof OutOfTime) throw unreadable('unavailable', place);
      throw error instanceof StateError ? unreadable(error.code, place) : error;
    });
    if (answer !== 'same') {
      etag = answer.etag;
      text = judged(answer.bytes);
    }
    if (text === undefined)
      throw new FleetUnreadable('refused', 'storage says that nothing changed since never');
    if (text instanceof FleetUnreadable) throw text;
    return text;
  };
}

function judged(bytes: Buffer | 'too-large'): FleetText | FleetUnreadable {
  if (bytes === 'too-large') {
    return new FleetUnreadable('too-large', 'it is larger than 4 MiB: split the fleet');
  }
  try {
    return { text: fleetText(bytes), tag: createHash('sha256').update(bytes).digest('hex') };
  } catch (error) {
    if (error instanceof FleetUnreadable) return error;
    throw error;
  }
}

/** Whoever asks while an answer is on its way, or within the pause, gets that one; a failure too. */
function atMostOnce<T>(ask: () => Promise<T>, clock: Pick<Clock, 'elapsed'>): () => Promise<T> {
  let last: { at: number; answer: Promise<T>; done: boolean } | undefined;
  return () => {
    const now = clock.elapsed();
    if (last && (!last.done || now - last.at < pauseMs)) return last.answer;
    const asked = { at: now, answer: ask(), done: false };
    last = asked;
    const done = (): void => {
      asked.done = true;
    };
    asked.answer.then(done, done);
    return asked.answer;
  };
}

/** Versions that are no text are no good ones. */
async function* older(blob: FleetBlob, log: FleetAccess['log']): AsyncIterable<Pick<FleetText, 'text'>> {
  try {
    for await (const bytes of blob.versions()) {
      const text = judged(bytes);
      if (!(text instanceof FleetUnreadable)) yield text;
    }
  } catch (error) {
    log.warn('fleet-versions-not-read', { error });
  }
}

/** Names the fix, and nothing that storage said. */
function unreadable(code: StateErrorCode, { container, blob }: BlobPlace): FleetUnreadable {
  switch (code) {
    case 'denied':
      return new FleetUnreadable(
        code,
        `give the app's identity Storage Blob Data Reader on container ${container}, and check the account's firewall`,
      );
    case 'missing':
      return new FleetUnreadable(code, `put it into container ${container} as blob ${blob}`);
    case 'unavailable':
      return new FleetUnreadable(code, 'storage does not answer, or not in time: it is asked again');
    default:
      return new FleetUnreadable('refused', 'storage refuses the request: check the name of the account');
  }
}
