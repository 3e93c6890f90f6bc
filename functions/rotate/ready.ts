import { app } from '@azure/functions';
import { rotate } from '../../shared/compose.ts';
import { withDeadline } from '../../shared/work/deadline.ts';
import { readyFleet } from '../../shared/work/rotate/ready.ts';

const deadlineMs = 240_000;

/** Hourly: would a node that restarted right now unseal? */
app.timer('readiness', {
  schedule: '0 23 * * * *',
  runOnStartup: false,
  useMonitor: false,
  handler: async () => {
    const { deps } = rotate();
    await withDeadline(deps.clock, deadlineMs, 'readiness', () => readyFleet(deps));
  },
});
