import { z } from 'zod';
import { duration } from './durations.ts';
import { whole } from './text.ts';

const fields = {
  certificateWarning: duration('A certificate that ends sooner than this is reported.', '1h', '1000d'),
  certificateCritical: duration('A certificate that ends sooner than this is critical.', '1h', '1000d'),
  peerDead: duration(
    'A raft peer out of contact for longer is dead (autopilot itself needs about 10 s to notice).',
    '1s',
    '1d',
  ),
  peerLagEntries: whole('A raft peer this many log entries behind the leader lags.', 1, 1_000_000_000),
  cleanupMinimum: duration(
    "Autopilot's dead_server_last_contact_threshold below this is too eager.",
    '1m',
    '365d',
  ),
  restartLoopCount: whole(
    'So many restarts inside restartWindow are a warning (a crash loop); fewer are information.',
    2,
    10,
  ),
  restartWindow: duration('Time in which restarts are counted.', '1m', '1d'),
  unsealStalled: duration(
    'An unseal that nobody goes on with for longer than this is a warning.',
    '1m',
    '7d',
  ),
};

/** Thresholds of the whole fleet: every one has a default. */
export const thresholds = z
  .strictObject({
    certificateWarning: fields.certificateWarning.prefault('30d'),
    certificateCritical: fields.certificateCritical.prefault('3d'),
    peerDead: fields.peerDead.prefault('15s'),
    peerLagEntries: fields.peerLagEntries.prefault(1000),
    cleanupMinimum: fields.cleanupMinimum.prefault('1h'),
    restartLoopCount: fields.restartLoopCount.prefault(3),
    restartWindow: fields.restartWindow.prefault('10m'),
    unsealStalled: fields.unsealStalled.prefault('10m'),
  })
  .meta({
    description: 'From when on something is worth a finding; for all clusters that say nothing else.',
  });

/** Thresholds of one cluster: what is not set follows the fleet's. */
export const ownThresholds = z
  .strictObject({
    certificateWarning: fields.certificateWarning.exactOptional(),
    certificateCritical: fields.certificateCritical.exactOptional(),
    peerDead: fields.peerDead.exactOptional(),
    peerLagEntries: fields.peerLagEntries.exactOptional(),
    cleanupMinimum: fields.cleanupMinimum.exactOptional(),
    restartLoopCount: fields.restartLoopCount.exactOptional(),
    restartWindow: fields.restartWindow.exactOptional(),
    unsealStalled: fields.unsealStalled.exactOptional(),
  })
  .meta({ description: "This cluster's own thresholds; what is not set follows the fleet's." });
