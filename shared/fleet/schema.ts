/**
 * The shape of fleet.yaml. What needs more than one field to judge is in ./checks/; what the deployment's settings
 * allow is in ./limits.ts.
 *
 * To add a field: its schema here or in ./schema/, its place in ./fleet.ts and ./build.ts, a line in
 * fleet.example.yaml and docs/fleet.md, and a test that proves it changes something. Then `npm run schema`.
 */
import { z } from 'zod';
import { channel, heartbeat } from './schema/channel.ts';
import { cluster } from './schema/cluster.ts';
import { alerts, probe } from './schema/fleet-wide.ts';
import { namePattern } from './schema/names.ts';
import { thresholds } from './schema/thresholds.ts';

export const mostClusters = 20_000;
export const mostChannels = 50;

// Record keys are plain strings here and checked later: a bad name must not hide the problems below it.
const name = z.string().meta({ pattern: namePattern.source });

export const fleetFile = z
  .strictObject({
    version: z.literal(1).meta({ description: 'Version of this format.' }),
    probe: probe.prefault({}),
    alerts: alerts.prefault({}),
    heartbeat: heartbeat.exactOptional(),
    channels: z
      .record(name, channel)
      .meta({ description: 'Where messages go, by name.', maxProperties: mostChannels })
      .prefault({}),
    thresholds: thresholds.prefault({}),
    clusters: z
      .record(name, cluster)
      .meta({ description: 'The clusters, by name.', minProperties: 1, maxProperties: mostClusters }),
  })
  .meta({ title: 'Sealwatch fleet.yaml', description: 'What Sealwatch watches, and whom it tells.' });

export type FleetFile = z.output<typeof fleetFile>;
export type ClusterEntry = FleetFile['clusters'][string];
export type ChannelEntry = FleetFile['channels'][string];

/** JSON schema (draft 7, which editors know best) of what a person writes: defaults are optional. */
export function fleetJsonSchema(): z.core.JSONSchema.BaseSchema {
  return z.toJSONSchema(fleetFile, { io: 'input', target: 'draft-7' });
}
