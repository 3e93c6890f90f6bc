import { app } from '@azure/functions';
import { recover } from '../../shared/compose.ts';
import { withDeadline } from '../../shared/work/deadline.ts';
import { nudgeOverdue } from '../../shared/work/recover/overdue.ts';

const deadlineMs = 60_000;

/** Recoveries whose pass died, or whose nudge was lost: nudged again (rule 10). */
app.timer('recoveries-overdue', {
  schedule: '15 * * * * *',
  runOnStartup: false,
  useMonitor: false,
  handler: async () => {
    const { deps } = recover();
    await withDeadline(deps.clock, deadlineMs, 'overdue recoveries', () => nudgeOverdue(deps));
  },
});
