import { app } from '@azure/functions';
import { watch } from '../../shared/compose.ts';
import { withDeadline } from '../../shared/work/deadline.ts';
import { clusterOfNudge } from '../../shared/work/nudge.ts';
import { sweepOne } from '../../shared/work/sweep.ts';

const deadlineMs = 60_000;

/** A nudge from another app: look at this cluster now. */
app.storageQueue('probe-cluster', {
  queueName: 'probe',
  connection: 'SEALWATCH_STORAGE',
  handler: async (message) => {
    const deps = watch();
    const cluster = clusterOfNudge(message);
    if (!cluster) return deps.log.warn('nudge-malformed', { queue: 'probe' });
    await withDeadline(deps.clock, deadlineMs, 'probe of one cluster', () => sweepOne(deps, cluster));
  },
});
