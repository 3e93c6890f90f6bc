/** A whole blob by one request: what asks for its size first reads a blob torn that is written over in between. */
import { buffer } from 'node:stream/consumers';
import type { ContainerClient } from '@azure/storage-blob';
import { type Call, isGone } from './calls.ts';

/** For blobs that we wrote ourselves: nothing bounds their size. Undefined: there is none of this name. */
export function downloadWhole(
  container: ContainerClient,
  name: string,
  call: Call,
  what: string,
): Promise<Buffer | undefined> {
  return call(what, async (abortSignal) => {
    try {
      const { readableStreamBody } = await container
        .getBlobClient(name)
        .download(0, undefined, { abortSignal });
      return readableStreamBody ? await buffer(readableStreamBody) : Buffer.alloc(0);
    } catch (error) {
      if (isGone(error)) return undefined;
      throw error;
    }
  });
}
