/** How far a batch has come, and how long it may take. */
import type { Fleet } from '../../fleet/fleet.ts';
import type { Batch } from '../../state/ports.ts';
import { besidesProbesMs } from '../deadline.ts';

/** `untaken`: no worker has it. `died`: its worker ended, or hung, with it. `failed`: its worker could not run it. */
export type BatchState = 'done' | 'running' | 'died' | 'failed' | 'untaken';

/** Storage, before and after the clusters of a batch: two calls of 20 s at most, ms. */
const besidesClustersMs = 40_000;
/** Clocks of two machines may differ by so much, ms. */
const skewMs = 60_000;

/** How long a worker has a batch, ms: as long as all that it waits for may take. */
export function leaseMs({ probe }: Pick<Fleet, 'probe'>): number {
  return probe.deadlineMs + besidesProbesMs + besidesClustersMs;
}

/**
 * A lease that ends later than any of ours could is of a clock that is far ahead, or damaged. Whoever has the batch may
 * still be at it: by the timer's own clock it ends two leases after the plan.
 */
export function stateOf({ claim, result, failure, sweep }: Batch, now: number, lease: number): BatchState {
  if (result) return 'done';
  if (failure !== undefined) return 'failed';
  if (!claim) return 'untaken';
  const until = claim.until - now <= lease + skewMs ? claim.until : sweep.startedAt + 2 * lease;
  return until > now ? 'running' : 'died';
}

/** When it was claimed, ms; where that is yet to come, its worker's clock is ahead, and it may have been at once. */
export function begunAt({ claim, sweep }: Batch, now: number): number | undefined {
  return claim && claim.at > now ? sweep.startedAt : claim?.at;
}

/** Planned by a clock that is far ahead, or damaged: nothing in it can be compared with now. */
export function isAhead({ sweep }: Batch, now: number): boolean {
  return sweep.startedAt - now > skewMs;
}
