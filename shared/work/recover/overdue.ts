/** Open recoveries that nobody works on: a pass died, or a nudge was lost. Their rows say so. */
import type { Recovery } from '../../recovery/recovery.ts';
import type { RecoverDeps } from './deps.ts';

/** An open recovery without a look at it for longer than this is nudged, ms. */
const quietMs = 60_000;

export async function nudgeOverdue(deps: RecoverDeps): Promise<void> {
  const { clock, log, state } = deps;
  const { recoveries, unreadable } = await state.recoveries.allActive();
  for (const row of unreadable) log.error('row-unreadable', { ...row });
  const now = clock.now();
  for (const { cluster, id, lease, waiting, needs, requestedAt } of recoveries) {
    if (lease && lease.until > now) continue;
    // It needs a person's word: the word nudges. Once in a while the plan is looked at all the same.
    const dueAt = waiting ? waiting.until : needs ? now : requestedAt + quietMs;
    if (lease === undefined && dueAt + quietMs > now && !needs) continue;
    log.info('recovery-nudged', { cluster, recovery: id });
    await state.nudges.send('steps', cluster, 0);
  }
}

/** How long people have to approve, ms. An open recovery keeps automation from its cluster. */
const approvalMs = 24 * 3_600_000;

/** How it ends when nobody said a word to it in all that time; undefined: there is still time, or somebody did. */
export async function unanswered(
  { clock, state }: RecoverDeps,
  { id, cluster, needs, requestedAt }: Recovery,
): Promise<NonNullable<Recovery['ended']> | undefined> {
  const now = clock.now();
  if (needs?.kind !== 'approval' || now - requestedAt < approvalMs) return undefined;
  const approvals = await state.approvals.of(cluster, id);
  if (approvals.some(({ expiresAt }) => expiresAt > now)) return undefined;
  return { at: now, outcome: 'expired', summary: `nobody approved it within 24 h: ${needs.why}` };
}
