/** Rule 8: what automation may still try at one cluster. Pure. */
import type { Cluster } from '../fleet/fleet.ts';
import type { Budget, Recovery } from './recovery.ts';

/**
 * Counts from the cluster's recoveries, the open one included; those requested before both windows change nothing.
 * Failed: automatic ones that sent shares, or could not open them, and ended without the cluster serving. Refused before
 * anything was sent is no attempt; successes count for the restart cap alone.
 */
export function budgetOf(
  recoveries: readonly Recovery[],
  { recovery: policy, thresholds }: Pick<Cluster, 'recovery' | 'thresholds'>,
  now: number,
): Budget {
  const automatic = recoveries.filter(
    ({ way, dryRun, kind }) => way === 'automatic' && !dryRun && kind === 'unseal',
  );
  const failed = automatic.filter(
    (recovery) => isFailure(recovery) && (recovery.ended?.at ?? now) > now - policy.attemptWindowMs,
  );
  const unseals: Record<string, number> = {};
  for (const { unsealed, unseals: often, ended } of automatic) {
    if ((ended?.at ?? now) <= now - thresholds.restartWindowMs) continue;
    for (const node of unsealed) unseals[node] = (unseals[node] ?? 0) + (often?.[node] ?? 1);
  }
  return { failed: failed.length, allowed: policy.attempts, unseals, allowedUnseals: policy.nodeUnseals };
}

function isFailure({ ended, intents, troubles }: Recovery): boolean {
  switch (ended?.outcome) {
    case 'failed':
      return true;
    // Nobody approved it in time: that alone is no attempt.
    case 'expired':
    case 'refused':
      return intents.length > 0 || troubles.length > 0;
    default:
      return false;
  }
}
