/** What every adapter of the rotate app's state holds to: when a lock is free, and the order of what is read. */
import type { Rotation, RotationApproval } from '../rotation/rotation.ts';
import type { Lock } from './rotate-schema.ts';

/** From a lock's taking to its rotation's row: what takes longer died on the way. */
const openingMs = 10 * 60_000;

/**
 * `abandoned`: its rotation was not opened in time. Whoever wants the lock creates that one's `neverOpened` first: where
 * the opening still goes on, one of the two finds the row's key taken.
 *
 * @param holder its rotation as it stands now; `unreadable`: nobody knows that it ended.
 */
export function lockStands(
  { at }: Lock,
  holder: Rotation | 'unreadable' | undefined,
  now: number,
): 'held' | 'free' | 'abandoned' {
  if (holder === 'unreadable') return 'held';
  if (holder) return holder.status === 'open' ? 'held' : 'free';
  return now - at > openingMs ? 'abandoned' : 'held';
}

export function neverOpened({ rotation }: Lock, now: number): Rotation {
  const summary =
    'It was never opened: the app stopped, or lost storage, before its row was written. It did nothing.';
  return { ...rotation, status: 'ended', ended: { at: now, outcome: 'failed', summary, left: [] } };
}

/** In the order in which everybody takes them: two that need the same never wait for each other. */
export function inOrder(locks: string[]): string[] {
  return [...new Set(locks)].sort();
}

export function newestRotations(rotations: Rotation[], since: number): Rotation[] {
  return rotations
    .filter(({ requestedAt }) => requestedAt >= since)
    .sort((a, b) => b.requestedAt - a.requestedAt || (a.id < b.id ? 1 : -1));
}

/** Of one rotation, in the order of their times. */
export function approvalsInOrder(approvals: RotationApproval[], rotation: string): RotationApproval[] {
  return approvals
    .filter(({ binding }) => binding.rotation === rotation)
    .sort((a, b) => a.at - b.at || (a.by < b.by ? -1 : 1));
}
