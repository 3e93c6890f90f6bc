import { app } from '@azure/functions';
import { recover } from '../../shared/compose.ts';
import { withDeadline } from '../../shared/work/deadline.ts';
import { clusterOfNudge } from '../../shared/work/nudge.ts';
import { runPass } from '../../shared/work/recover/pass.ts';

/** Above a pass's own end, below the host's five minutes. */
const deadlineMs = 240_000;

/** A nudge: one pass over the cluster's open recovery, or the question whether automation may begin one. */
app.storageQueue('recovery-pass', {
  queueName: 'steps',
  connection: 'SEALWATCH_STORAGE',
  handler: async (message) => {
    const { deps } = recover();
    const cluster = clusterOfNudge(message);
    if (!cluster) return deps.log.warn('nudge-malformed', { queue: 'steps' });
    await withDeadline(deps.clock, deadlineMs, 'recovery pass', () => runPass(deps, cluster));
  },
});
