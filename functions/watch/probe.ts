import { app } from '@azure/functions';
import { watch } from '../../shared/compose.ts';
import { withDeadline } from '../../shared/work/deadline.ts';
import { sweep } from '../../shared/work/sweep.ts';

/**
 * Above the longest `probe.deadline` and what follows it, below the host's five minutes: a run that the host ends can
 * leave the timer's lease held.
 */
const deadlineMs = 240_000;

/** The timer: sweeps the whole fleet. Missed sweeps are not made up for: the next one looks at what is. */
app.timer('probe', {
  schedule: '%SEALWATCH_SCHEDULE%',
  runOnStartup: false,
  useMonitor: false,
  handler: async () => {
    const deps = watch();
    const result = await withDeadline(deps.clock, deadlineMs, 'sweep', () => sweep(deps));
    deps.log.info('swept', { ...result });
    // A failed run, for the host and for the rules that watch it.
    if (result.blind) throw new Error('no cluster could be watched: see cluster-not-swept in the log');
  },
});
