/** How far a batch has come. */
import type { Batch } from '../../state/ports.ts';

/** `untaken`: no worker has it. `died`: its worker ended, or hung, with it. `failed`: its worker could not run it. */
export type BatchState = 'done' | 'running' | 'died' | 'failed' | 'untaken';

export function stateOf({ claim, result, failure }: Batch, now: number): BatchState {
  if (result) return 'done';
  if (failure !== undefined) return 'failed';
  if (!claim) return 'untaken';
  return claim.until > now ? 'running' : 'died';
}
