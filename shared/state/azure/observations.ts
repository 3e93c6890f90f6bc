/**
 * Container `observations`: `latest.json` of a sweep of the whole fleet, `batch-NNNNN.json` of its batches, overwritten.
 * For people: what cannot be read is left out.
 */
import type { ContainerClient } from '@azure/storage-blob';
import { z } from 'zod';
import type { ClusterObservation } from '../../probe/observation.ts';
import { batchKey } from '../batch-rows.ts';
import { newestOf, type Observed } from '../newest-observations.ts';
import { schemaVersion } from '../packing.ts';
import type { Observations, UnreadableRow } from '../ports.ts';
import type { Call } from './calls.ts';
import type { Clients } from './clients.ts';
import { downloadWhole } from './download.ts';

const what = 'container observations';
const wholeFleet = 'latest.json';
const ofBatch = /^batch-\d{5}\.json$/;

const observation = z.custom<ClusterObservation>(
  (value) =>
    z.object({ cluster: z.string(), startedAt: z.number(), nodes: z.array(z.object()) }).safeParse(value)
      .success,
);
const file = z.object({ v: z.literal(schemaVersion), at: z.number(), clusters: z.array(z.unknown()) });

export function connectObservations(
  clients: Clients,
  call: Call,
  tellUnreadable: (row: UnreadableRow) => void,
): Observations {
  async function blobNames(container: ContainerClient): Promise<string[]> {
    return call(what, async (abortSignal) => {
      const names: string[] = [];
      for await (const { name } of container.listBlobsFlat({ abortSignal })) {
        if (name === wholeFleet || ofBatch.test(name)) names.push(name);
      }
      return names;
    });
  }

  /** Undefined: it is gone, or cannot be read. */
  async function read(container: ContainerClient, name: string): Promise<Observed | undefined> {
    const body = await downloadWhole(container, name, call, what);
    if (!body) return undefined;
    try {
      const { at, clusters } = file.parse(JSON.parse(body.toString('utf8')));
      return { at, clusters: clusters.flatMap((entry) => observation.safeParse(entry).data ?? []) };
    } catch {
      const why = 'damaged, or written by another version of Sealwatch';
      tellUnreadable({ partition: what, row: name, why });
      return undefined;
    }
  }

  return {
    async save({ at, clusters }, batch) {
      const name = batch === undefined ? wholeFleet : `${batchKey(batch)}.json`;
      const body = Buffer.from(JSON.stringify({ v: schemaVersion, at, clusters }));
      const container = await clients.container('observations');
      const headers = { blobHTTPHeaders: { blobContentType: 'application/json' } };
      await call(what, (abortSignal) =>
        container.getBlockBlobClient(name).upload(body, body.byteLength, { ...headers, abortSignal }),
      );
    },

    async latest() {
      const container = await clients.container('observations');
      const found: Observed[] = [];
      for (const name of await blobNames(container)) {
        const observed = await read(container, name);
        if (observed) found.push(observed);
      }
      return newestOf(found);
    },
  };
}
