import { z } from 'zod';
import { duration } from './durations.ts';
import { whole } from './text.ts';

export const probe = z
  .strictObject({
    connectTimeout: duration('Longest wait for a TCP and TLS connection.', '50ms', '30s').prefault('3s'),
    headersTimeout: duration(
      'Longest wait from a request to the headers of its answer.',
      '50ms',
      '1m',
    ).prefault('7s'),
    totalTimeout: duration(
      'Longest time for one whole request. Keep it above 5s: with etcd gone, Vault answers only after 5s.',
      '50ms',
      '1m',
    ).prefault('8s'),
    deadline: duration(
      'Longest time for one sweep; what is not answered by then has failed.',
      '100ms',
      '3m',
    ).prefault('25s'),
    concurrency: whole('Nodes asked at the same time.', 1, 5000).prefault(1000),
    maxResponseBytes: whole('Largest answer that is read, in bytes.', 1024, 16_777_216).prefault(262_144),
    confirmAfter: duration('Pause before a node that looks bad is asked again.', '0s', '10s').prefault(
      '500ms',
    ),
    batches: z
      .strictObject({
        from: whole(
          'A fleet of more clusters than this is swept in batches, by as many workers as there are.',
          1,
          20_000,
        ).prefault(2000),
        clusters: whole('Most clusters in one batch.', 1, 2000).prefault(200),
        duration: duration('A batch that took longer is made smaller.', '500ms', '2m').prefault('5s'),
      })
      .meta({ description: 'How the sweep of a large fleet is split.' })
      .prefault({}),
    warmNodes: whole(
      'Most nodes whose connections one process keeps open between sweeps; 0 none.',
      0,
      100_000,
    ).prefault(10_000),
  })
  .meta({ description: 'How nodes are asked.' });

const pendingRange = ['0s', '1d'] as const;
const reminderRange = ['0s', '30d'] as const;

export const alerts = z
  .strictObject({
    pending: z
      .strictObject({
        critical: duration('For critical findings.', ...pendingRange).prefault('0s'),
        warning: duration('For warnings.', ...pendingRange).prefault('30s'),
        info: duration('For information.', ...pendingRange).prefault('60s'),
      })
      .meta({ description: 'How long a finding must stay before it is told.' })
      .prefault({}),
    reminder: z
      .strictObject({
        critical: duration('For critical alerts.', ...reminderRange).prefault('1h'),
        warning: duration('For warnings.', ...reminderRange).prefault('24h'),
        info: duration('For information.', ...reminderRange).prefault('0s'),
      })
      .meta({ description: 'How often an open alert is told again; 0s never.' })
      .prefault({}),
  })
  .meta({ description: 'When a finding becomes a message.' });
