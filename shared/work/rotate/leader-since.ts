/** What readiness asks of a cluster's sight: since when one of its nodes leads, where that is the very time. */
import type { Cluster } from '../../fleet/fleet.ts';
import type { AskLeaderSince } from '../../readiness/exercise/leader-since.ts';
import type { RotateDeps } from './deps.ts';

/**
 * A Vault without high availability does not say since when it is unsealed: its sight gives the start of its process, and it
 * may have been sealed for long after that. For a rotation that is early enough; of what it is wrapped with it proves nothing.
 */
export function leaderSinceBy({ sight }: Pick<RotateDeps, 'sight'>, cluster: Cluster): AskLeaderSince {
  return async () => {
    const { nodes, leaderSince } = await sight(cluster);
    return nodes.some(({ startedAt }) => startedAt === leaderSince) ? undefined : leaderSince;
  };
}
