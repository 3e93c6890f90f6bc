import { app } from '@azure/functions';
import { rotate } from '../../shared/compose.ts';
import { withDeadline } from '../../shared/work/deadline.ts';
import { nudgeOpenRotations } from '../../shared/work/rotate/rotations-due.ts';

const deadlineMs = 50_000;

/** Each minute: rotations whose wait is over, or whose turn died, get another turn. */
app.timer('open-rotations', {
  schedule: '45 * * * * *',
  runOnStartup: false,
  useMonitor: false,
  handler: async () => {
    const { deps } = rotate();
    await withDeadline(deps.clock, deadlineMs, 'open rotations', () => nudgeOpenRotations(deps));
  },
});
