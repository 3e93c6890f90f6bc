/** Container `observations`: `latest.json`, overwritten. For people: what cannot be read is left out. */
import { z } from 'zod';
import type { ClusterObservation } from '../../probe/observation.ts';
import { schemaVersion } from '../packing.ts';
import type { Observations, UnreadableRow } from '../ports.ts';
import { type Call, isGone } from './calls.ts';
import type { Clients } from './clients.ts';

const what = 'container observations';
const blob = 'latest.json';

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
  return {
    async save({ at, clusters }) {
      const body = Buffer.from(JSON.stringify({ v: schemaVersion, at, clusters }));
      const container = await clients.container('observations');
      const headers = { blobHTTPHeaders: { blobContentType: 'application/json' } };
      await call(what, (abortSignal) =>
        container.getBlockBlobClient(blob).upload(body, body.byteLength, { ...headers, abortSignal }),
      );
    },

    async latest() {
      const container = await clients.container('observations');
      const body = await call(what, async (abortSignal) => {
        try {
          return await container.getBlobClient(blob).downloadToBuffer(0, undefined, { abortSignal });
        } catch (error) {
          if (isGone(error)) return undefined;
          throw error;
        }
      });
      if (!body) return undefined;
      try {
        const { at, clusters } = file.parse(JSON.parse(body.toString('utf8')));
        return { at, clusters: clusters.flatMap((entry) => observation.safeParse(entry).data ?? []) };
      } catch {
        tellUnreadable({
          partition: what,
          row: blob,
          why: 'damaged, or written by another version of Sealwatch',
        });
        return undefined;
      }
    },
  };
}
