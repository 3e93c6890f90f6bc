import { app } from '@azure/functions';
import { watch } from '../../shared/compose.ts';
import { withDeadline } from '../../shared/work/deadline.ts';
import { clusterOfNudge } from '../../shared/work/nudge.ts';
import { deliverOne } from '../../shared/work/sweep.ts';

const deadlineMs = 60_000;

/** A delayed nudge after a delivery that failed: send what this cluster's outbox owes. */
app.storageQueue('deliver', {
  queueName: 'notify',
  connection: 'SEALWATCH_STORAGE',
  handler: async (message) => {
    const deps = watch();
    const cluster = clusterOfNudge(message);
    if (!cluster) return deps.log.warn('nudge-malformed', { queue: 'notify' });
    await withDeadline(deps.clock, deadlineMs, 'delivery', () => deliverOne(deps, cluster));
  },
});
