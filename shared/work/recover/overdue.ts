/** Open recoveries that nobody works on: a pass died, or a nudge was lost. Their rows say so. */
import type { Recovery } from '../../recovery/recovery.ts';
import type { RecoverDeps } from './deps.ts';
import { endedWith } from './words.ts';

/** An open recovery without a look at it for longer than this is nudged, ms. */
const quietMs = 60_000;

export async function nudgeOverdue(deps: RecoverDeps): Promise<void> {
  const { clock, log, state } = deps;
  const { recoveries, unreadable } = await state.recoveries.allActive();
  for (const row of unreadable) log.error('row-unreadable', { ...row });
  const now = clock.now();
  for (const { cluster, id, lease, waiting, requestedAt } of recoveries) {
    // Also while it waits for people, whose word nudges by itself: what they are asked may have changed, or ended.
    const isDue = (waiting?.until ?? requestedAt) + quietMs <= now;
    if (lease ? lease.until > now : !isDue) continue;
    log.info('recovery-nudged', { cluster, recovery: id });
    await state.nudges.send('steps', cluster, 0);
  }
}

/** How long people have to approve, ms. An open recovery keeps automation from its cluster. */
const approvalMs = 24 * 3_600_000;

/** How it ends when nobody said a word to it in all that time; undefined: there is still time, or somebody did. */
export async function unanswered(
  { clock, state }: RecoverDeps,
  { id, cluster, kind, needs, requestedAt }: Recovery,
): Promise<NonNullable<Recovery['ended']> | undefined> {
  const now = clock.now();
  if (!needs || now - requestedAt < approvalMs) return undefined;
  const approvals = await state.approvals.of(cluster, id);
  if (approvals.some(({ expiresAt }) => expiresAt > now)) return undefined;
  const why = `nobody approved it within 24 h: ${needs.why}`;
  const remedy =
    kind === 'rebind'
      ? `If fleet.yaml is right: sealwatch escrow rebind --cluster ${cluster} --reason "…". If not, put it back.`
      : `If nobody sealed it on purpose: sealwatch request --cluster ${cluster} --reason "…", and have it approved.`;
  return endedWith('expired', { why, remedy }, now);
}

/**
 * Break-glass has an authority of its own (rule 8), which this app does not have: what a laptop left behind is ended,
 * and whatever comes next comes by this app's rules.
 */
export function leftBehind(
  { clock }: Pick<RecoverDeps, 'clock'>,
  { way, cluster }: Recovery,
): NonNullable<Recovery['ended']> | undefined {
  if (way !== 'break-glass') return undefined;
  const why = 'break-glass: the machine that worked on it stopped, and its lease ran out';
  const remedy = `Run the same command again there, or ask the app: sealwatch request --cluster ${cluster} --reason "…".`;
  return endedWith('failed', { why, remedy }, clock.now());
}
