import { app } from '@azure/functions';
import { recover } from '../../shared/compose.ts';
import { withDeadline } from '../../shared/work/deadline.ts';
import { noteStarts } from '../../shared/work/recover/starts.ts';

const deadlineMs = 120_000;

/** Notes when the processes of unsealed nodes started: what later proves a restart (rule 6). */
app.timer('note-starts', {
  schedule: '*/30 * * * * *',
  runOnStartup: false,
  useMonitor: false,
  handler: async () => {
    const { deps } = recover();
    await withDeadline(deps.clock, deadlineMs, 'start times', () => noteStarts(deps));
  },
});
