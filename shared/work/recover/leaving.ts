/** How a pass ends with a recovery's row: given back, or ended for good. */
import type { Recovery } from '../../recovery/recovery.ts';
import type { RecoverDeps } from './deps.ts';
import type { HeldRecovery } from './held.ts';

/** Gives the row back and, where a time is known, comes again. */
export async function leave(
  deps: RecoverDeps,
  held: HeldRecovery,
  change: Partial<Recovery>,
  { afterMs, over }: { afterMs?: number; over?: ('needs' | 'waiting')[] } = {},
): Promise<void> {
  await held.release(change, over);
  const { cluster } = held.value;
  if (afterMs !== undefined) await deps.state.nudges.send('steps', cluster, Math.max(0, afterMs));
  await deps.state.nudges.send('probe', cluster, 0);
}

export async function finish(
  deps: RecoverDeps,
  held: HeldRecovery,
  ended: NonNullable<Recovery['ended']>,
): Promise<void> {
  const { id, cluster, by, reason } = held.value;
  await deps.state.audit.write({
    at: ended.at,
    who: by,
    what: 'ended',
    cluster,
    recovery: id,
    why: reason,
    facts: { outcome: ended.outcome, summary: ended.summary },
  });
  await held.end(ended);
  deps.log.info('recovery-ended', { cluster, recovery: id, outcome: ended.outcome, summary: ended.summary });
  await deps.state.nudges.send('probe', cluster, 0);
}
