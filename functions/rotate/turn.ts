import { app } from '@azure/functions';
import { rotate } from '../../shared/compose.ts';
import { withDeadline } from '../../shared/work/deadline.ts';
import { clusterOfNudge } from '../../shared/work/nudge.ts';
import { readyNudged } from '../../shared/work/rotate/ready.ts';
import { takeTurns } from '../../shared/work/rotate/turn.ts';

const deadlineMs = 240_000;

/** A nudge: go on with this cluster's rotations, then exercise what its next restart will use. */
app.storageQueue('turn', {
  queueName: 'turns',
  connection: 'SEALWATCH_STORAGE',
  handler: async (message) => {
    const { deps } = rotate();
    const cluster = clusterOfNudge(message);
    if (!cluster) return deps.log.warn('nudge-malformed', { queue: 'turns' });
    await withDeadline(deps.clock, deadlineMs, 'turn of one cluster', async () => {
      await takeTurns(deps, cluster);
      await readyNudged(deps, cluster);
    });
  },
});
