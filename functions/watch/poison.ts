import { app } from '@azure/functions';
import { watch } from '../../shared/compose.ts';
import { batchOfNudge } from '../../shared/work/batches/batch-name.ts';
import { clusterOfNudge } from '../../shared/work/nudge.ts';

/**
 * Nudges that failed five times. Nothing is lost with them: a nudge only hurries what the next sweep does anyway,
 * so they are logged as errors (which the alert rules of infra watch) and dropped.
 */
for (const queue of ['notify', 'probe']) {
  app.storageQueue(`${queue}-poison`, {
    queueName: `${queue}-poison`,
    connection: 'SEALWATCH_STORAGE',
    handler: (message) => {
      const batch = batchOfNudge(message);
      const named = batch ?? { cluster: clusterOfNudge(message) ?? 'malformed' };
      watch().log.error('nudge-poisoned', { queue, ...named });
    },
  });
}
