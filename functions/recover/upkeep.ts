import { app } from '@azure/functions';
import { recover } from '../../shared/compose.ts';
import { withDeadline } from '../../shared/work/deadline.ts';
import { keepEscrow } from '../../shared/work/recover/upkeep.ts';

const deadlineMs = 240_000;

/** Daily: opens each envelope, and moves those under an old key version to the newest. */
app.timer('escrow-upkeep', {
  schedule: '0 17 3 * * *',
  runOnStartup: false,
  useMonitor: false,
  handler: async () => {
    const { deps } = recover();
    await withDeadline(deps.clock, deadlineMs, 'escrow upkeep', () => keepEscrow(deps));
  },
});
