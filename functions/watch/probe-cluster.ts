import { app } from '@azure/functions';
import { watch } from '../../shared/compose.ts';
import { batchOfNudge } from '../../shared/work/batches/batch-name.ts';
import { runBatches } from '../../shared/work/batches/run-batch.ts';
import { withDeadline } from '../../shared/work/deadline.ts';
import { clusterOfNudge } from '../../shared/work/nudge.ts';
import { sweepOne } from '../../shared/work/sweep.ts';

const deadlineMs = 60_000;
/** As the sweep's own: above the longest `probe.deadline` and what follows it, below the host's five minutes. */
const batchDeadlineMs = 240_000;

/** A nudge from another app: look at this cluster now. Or from the timer of a large fleet: run this batch. */
app.storageQueue('probe-cluster', {
  queueName: 'probe',
  connection: 'SEALWATCH_STORAGE',
  handler: async (message) => {
    const deps = watch();
    const batch = batchOfNudge(message);
    if (batch) return withDeadline(deps.clock, batchDeadlineMs, 'batch', () => runBatches(deps, batch));
    const cluster = clusterOfNudge(message);
    if (!cluster) return deps.log.warn('nudge-malformed', { queue: 'probe' });
    await withDeadline(deps.clock, deadlineMs, 'probe of one cluster', () => sweepOne(deps, cluster));
  },
});
