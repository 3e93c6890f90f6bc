import { app } from '@azure/functions';
import { rotate } from '../../shared/compose.ts';
import { withDeadline } from '../../shared/work/deadline.ts';
import { clusterOfNudge } from '../../shared/work/nudge.ts';
import { readyNudged } from '../../shared/work/rotate/ready.ts';

const deadlineMs = 60_000;

/** A nudge: exercise the seal of this cluster now. */
app.storageQueue('ready-cluster', {
  queueName: 'turns',
  connection: 'SEALWATCH_STORAGE',
  handler: async (message) => {
    const { deps } = rotate();
    const cluster = clusterOfNudge(message);
    if (!cluster) return deps.log.warn('nudge-malformed', { queue: 'turns' });
    await withDeadline(deps.clock, deadlineMs, 'readiness of one cluster', () => readyNudged(deps, cluster));
  },
});
