/** fleet.yaml as a file of the deployment. */
import { createHash } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import type { FleetText } from '../fleet/source.ts';

export async function readFleetFile(path: string): Promise<FleetText> {
  const text = await readFile(path, 'utf8');
  return { text, tag: createHash('sha256').update(text).digest('hex') };
}
