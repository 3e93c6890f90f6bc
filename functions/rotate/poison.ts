import { app } from '@azure/functions';
import { rotate } from '../../shared/compose.ts';
import { clusterOfNudge } from '../../shared/work/nudge.ts';

/** Nudges that failed five times: the timers do what they were for; here they are logged as errors. */
app.storageQueue('turns-poison', {
  queueName: 'turns-poison',
  connection: 'SEALWATCH_STORAGE',
  handler: async (message) => {
    const { deps } = rotate();
    deps.log.error('nudge-poisoned', { queue: 'turns', cluster: clusterOfNudge(message) ?? 'malformed' });
  },
});
