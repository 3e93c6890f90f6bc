/** Container `observations`: `fleet-last-good.yaml`, overwritten by each good fleet.yaml that differs. */
import type { LastGood } from '../ports.ts';
import type { Call } from './calls.ts';
import type { Clients } from './clients.ts';
import { downloadWhole } from './download.ts';

const what = 'container observations';
const blob = 'fleet-last-good.yaml';

export function connectLastGood(clients: Clients, call: Call): LastGood {
  return {
    async read() {
      const container = await clients.container('observations');
      return (await downloadWhole(container, blob, call, what))?.toString('utf8');
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
