/** fleet.yaml as a file of the deployment. */
import { createHash } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import type { FleetText } from '../fleet/source.ts';
import { fleetText } from '../fleet/text.ts';

/** @throws FleetUnreadable, or the error of the file system. */
export async function readFleetFile(path: string): Promise<FleetText> {
  const bytes = await readFile(path);
  return { text: fleetText(bytes), tag: createHash('sha256').update(bytes).digest('hex') };
}
