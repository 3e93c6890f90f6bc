import { app } from '@azure/functions';
import { rotate } from '../../shared/compose.ts';
import { withDeadline } from '../../shared/work/deadline.ts';
import { nudgeDueRotations } from '../../shared/work/rotate/rotations-due.ts';

const deadlineMs = 50_000;

/** Hourly: is anything due that fleet.yaml asks to have rotated? */
app.timer('due-rotations', {
  schedule: '0 38 * * * *',
  runOnStartup: false,
  useMonitor: false,
  handler: async () => {
    const { deps } = rotate();
    await withDeadline(deps.clock, deadlineMs, 'due rotations', () => nudgeDueRotations(deps));
  },
});
