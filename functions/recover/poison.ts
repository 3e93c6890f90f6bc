import { app } from '@azure/functions';
import { recover } from '../../shared/compose.ts';
import { clusterOfNudge } from '../../shared/work/nudge.ts';

/** Nudges that failed five times: the timer finds what they were for; here they are logged as errors. */
app.storageQueue('steps-poison', {
  queueName: 'steps-poison',
  connection: 'SEALWATCH_STORAGE',
  handler: async (message) => {
    const { deps } = recover();
    deps.log.error('nudge-poisoned', { queue: 'steps', cluster: clusterOfNudge(message) ?? 'malformed' });
  },
});
