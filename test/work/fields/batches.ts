/** Fields that say how a large fleet is split. */
import { expect } from 'vitest';
import { largeFleet } from '../batches/night.ts';
import type { Proof } from './proof.ts';

/** Batches of the first sweep, and of one after a sweep that took 1.5 s. */
async function planned(batches: string): Promise<{ first: number | undefined; later: number | undefined }> {
  const fleet = largeFleet({ clusters: 8, batches });
  for (const [cluster, simulation] of fleet.simulations)
    simulation.apply({ kind: 'faults', node: `${cluster}-1`, faults: { latencyMs: 1500 } });
  const first = (await fleet.round(0)).batches;
  return { first, later: (await fleet.round()).batches };
}

export const batchFields: Record<string, Proof> = {
  'probe.batches.from': async () => {
    expect((await planned('from: 7, clusters: 8')).first).toBe(1);
    expect((await planned('from: 8, clusters: 8')).first).toBeUndefined();
  },
  'probe.batches.clusters': async () => {
    expect((await planned('from: 1, clusters: 8')).first).toBe(1);
    expect((await planned('from: 1, clusters: 3')).first).toBe(3);
  },
  'probe.batches.duration': async () => {
    expect((await planned('from: 1, clusters: 8, duration: 1m')).later).toBe(1);
    expect((await planned('from: 1, clusters: 8, duration: 500ms')).later).toBeGreaterThan(1);
  },
};
