/** How a pass ends with a recovery's row: given back, or ended for good. */
import type { Recovery } from '../../recovery/recovery.ts';
import type { RecoverDeps } from './deps.ts';
import type { HeldRecovery } from './held.ts';

/** Gives the row back and, where a time is known, comes again. What people are told is swept only where it changed. */
export async function leave(
  deps: RecoverDeps,
  held: HeldRecovery,
  change: Partial<Recovery>,
  { afterMs, over }: { afterMs?: number; over?: ('needs' | 'waiting')[] } = {},
): Promise<void> {
  const before = toldBy(held.taken);
  await held.release(change, over);
  const { cluster } = held.value;
  if (afterMs !== undefined) await deps.state.nudges.send('steps', cluster, Math.max(0, afterMs));
  if (toldBy(held.value) !== before) await deps.state.nudges.send('probe', cluster, 0);
}

/** What the sweep makes messages of. */
function toldBy({ needs, waiting, unsealed, unseals, troubles }: Recovery): string {
  return JSON.stringify([needs?.why, needs?.approvals, waiting?.what, unsealed, unseals, troubles.length]);
}

export async function finish(
  deps: RecoverDeps,
  held: HeldRecovery,
  ended: NonNullable<Recovery['ended']>,
): Promise<void> {
  const { id, cluster, by, byName, reason } = held.value;
  await deps.state.audit.write({
    at: ended.at,
    who: by,
    name: byName,
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
