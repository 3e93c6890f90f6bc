import { type Call, failure } from './calls.ts';
import type { Clients } from './clients.ts';

/**
 * Creates a blob of JSON with If-None-Match: *.
 *
 * @returns whether it was created; false: one of that name is there already, and untouched.
 */
export async function createBlob(
  clients: Clients,
  call: Call,
  container: string,
  name: string,
  bytes: Buffer,
): Promise<boolean> {
  const client = (await clients.container(container)).getBlockBlobClient(name);
  return call(`container ${container}`, async (abortSignal) => {
    try {
      await client.upload(bytes, bytes.byteLength, {
        abortSignal,
        conditions: { ifNoneMatch: '*' },
        blobHTTPHeaders: { blobContentType: 'application/json' },
      });
      return true;
    } catch (error) {
      const { status, reason } = failure(error);
      if (status === 412 || (status === 409 && reason === 'BlobAlreadyExists')) return false;
      // Who may add blobs and not overwrite them (infra/modules/access.bicep) is told so of a name that is taken.
      if (status === 403 && reason === 'UnauthorizedBlobOverwrite') return false;
      throw error;
    }
  });
}
