/** fleet.yaml as a blob that people write and no app does: read again only when it changed, and its older versions. */
import { buffer } from 'node:stream/consumers';
import type { BlobClient, BlobRequestConditions, ContainerClient } from '@azure/storage-blob';
import { StateError } from '../errors.ts';
import { type Call, failure, isGone } from './calls.ts';
import type { Clients } from './clients.ts';

export type BlobAnswer =
  | 'same'
  /** `etag` empty: storage gave none. */
  | { etag: string; bytes: Buffer | 'too-large' };

export interface FleetBlob {
  /**
   * @param etag of what is known: answered `same` while it is that still, and nothing is downloaded.
   * @param stop gives up before the time limit of storage's calls does.
   * @throws StateError `missing` also where there is no such blob
   */
  read(etag?: string, stop?: AbortSignal): Promise<BlobAnswer>;
  /**
   * Older versions, newest first, as far as the account keeps them; at most `mostVersions`, and those that are too large
   * left out. Needs no right but to read blobs.
   */
  versions(): AsyncIterable<Buffer>;
}

export interface FleetBlobPlace {
  container: string;
  blob: string;
  /** What is larger is not read. */
  mostBytes: number;
}

const mostVersions = 20;

export function connectFleetBlob(clients: Clients, call: Call, place: FleetBlobPlace): FleetBlob {
  const what = `container ${place.container}`;
  const opened = () => clients.container(place.container);
  return {
    async read(etag, stop) {
      const client = (await opened()).getBlobClient(place.blob);
      return call(what, async (late) => {
        const signal = stop ? AbortSignal.any([late, stop]) : late;
        try {
          return await download(client, place.mostBytes, signal, etag ? { ifNoneMatch: etag } : {});
        } catch (error) {
          if (failure(error).status === 304) return 'same';
          if (isGone(error)) throw new StateError('missing', `${what} has no blob ${place.blob}.`);
          throw error;
        }
      });
    },

    async *versions() {
      const container = await opened();
      const ids = await call(what, (abortSignal) => olderVersions(container, place, abortSignal));
      for (const id of ids) {
        const client = container.getBlobClient(place.blob).withVersion(id);
        const answer = await call(what, async (signal) => {
          try {
            return await download(client, place.mostBytes, signal);
          } catch (error) {
            // Deleted since it was listed.
            if (isGone(error)) return undefined;
            throw error;
          }
        });
        if (answer && answer.bytes !== 'too-large') yield answer.bytes;
      }
    },
  };
}

/** The newest of them by their ids, which are the times at which they were written, all of one length. */
async function olderVersions(
  container: ContainerClient,
  { blob, mostBytes }: FleetBlobPlace,
  abortSignal: AbortSignal,
): Promise<string[]> {
  let newest: string[] = [];
  const listed = container.listBlobsFlat({ prefix: blob, includeVersions: true, abortSignal });
  for await (const { name, versionId, isCurrentVersion, properties } of listed) {
    // Names come in their order, and this one is the first with itself as the prefix.
    if (name !== blob) break;
    if (versionId === undefined || isCurrentVersion || (properties.contentLength ?? 0) > mostBytes) continue;
    newest = [versionId, ...newest].sort().toReversed().slice(0, mostVersions);
  }
  return newest;
}

/** What is too large by the size that the answer announces is not read; the SDK takes no answer without one, and no more. */
async function download(
  client: BlobClient,
  mostBytes: number,
  signal: AbortSignal,
  conditions: BlobRequestConditions = {},
): Promise<{ etag: string; bytes: Buffer | 'too-large' }> {
  const left = new AbortController();
  const abortSignal = AbortSignal.any([signal, left.signal]);
  try {
    const response = await client.download(0, undefined, { abortSignal, conditions });
    const { etag = '', contentLength = 0, readableStreamBody: body } = response;
    if (contentLength > mostBytes) {
      // Nobody reads it any more, and nobody would hear of its end.
      body?.on('error', () => undefined);
      return { etag, bytes: 'too-large' };
    }
    return { etag, bytes: body ? await buffer(body) : Buffer.alloc(0) };
  } finally {
    // Whatever is not read yet: the SDK keeps the connection of an answer that it refuses.
    left.abort();
  }
}
