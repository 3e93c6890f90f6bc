/** Container `escrow`: blobs `CLUSTER/GENERATION.REVISION.json`, created and never overwritten. */
import { folderOf } from '../../cluster-folder.ts';
import { checkBlobName, checkBlobSize, digestOf } from '../../escrow-blob.ts';
import type { Escrow } from '../../recover-ports.ts';
import { type Call, isGone } from '../calls.ts';
import type { Clients } from '../clients.ts';
import { createBlob } from '../create-blob.ts';

const what = 'container escrow';

export function connectEscrow(clients: Clients, call: Call): Escrow {
  return {
    async create(name, bytes) {
      checkBlobName(name);
      checkBlobSize(name, bytes.byteLength);
      const created = await createBlob(clients, call, 'escrow', name, bytes);
      return created ? { created: true, digest: digestOf(bytes) } : { created: false, why: 'exists' };
    },

    async read(name) {
      checkBlobName(name);
      const blob = (await clients.container('escrow')).getBlobClient(name);
      return call(what, async (abortSignal) => {
        try {
          const { contentLength = 0, etag = '' } = await blob.getProperties({ abortSignal });
          checkBlobSize(name, contentLength);
          // The blob that was measured, and no more of it: an empty one has no range.
          const bytes =
            contentLength === 0
              ? Buffer.alloc(0)
              : await blob.downloadToBuffer(0, contentLength, { abortSignal, conditions: { ifMatch: etag } });
          return { bytes, digest: digestOf(bytes) };
        } catch (error) {
          if (isGone(error)) return undefined;
          throw error;
        }
      });
    },

    async list(cluster) {
      const prefix = folderOf(cluster);
      const container = await clients.container('escrow');
      const names: string[] = [];
      await call(what, async (abortSignal) => {
        for await (const { name } of container.listBlobsFlat({ prefix, abortSignal })) names.push(name);
      });
      return names.sort();
    },
  };
}
