/** Container `observations`: `fleet-last-good.yaml`, overwritten by each good fleet.yaml that differs. */
import type { LastGood } from '../ports.ts';
import { type Call, isGone } from './calls.ts';
import type { Clients } from './clients.ts';

const what = 'container observations';
const blob = 'fleet-last-good.yaml';

export function connectLastGood(clients: Clients, call: Call): LastGood {
  return {
    async read() {
      const container = await clients.container('observations');
      return call(what, async (abortSignal) => {
        try {
          const body = await container.getBlobClient(blob).downloadToBuffer(0, undefined, { abortSignal });
          return body.toString('utf8');
        } catch (error) {
          if (isGone(error)) return undefined;
          throw error;
        }
      });
    },

    async save(text) {
      const body = Buffer.from(text);
      const container = await clients.container('observations');
      const headers = { blobHTTPHeaders: { blobContentType: 'application/yaml' } };
      await call(what, (abortSignal) =>
        container.getBlockBlobClient(blob).upload(body, body.byteLength, { ...headers, abortSignal }),
      );
    },
  };
}
