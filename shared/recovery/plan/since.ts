/**
 * Since when what a plan waits for has held. Kept in the recovery's row, so that a wait goes on over passes, and ends:
 * the caller puts `waitingSince` into `recovery.since` after each look and saves it with the row.
 */
import type { PlanInput } from '../recovery.ts';
import { type Picture, paint } from './picture.ts';
import { isForeign, tookOurSet } from './progress.ts';

/** What held before keeps its time; what holds no longer is forgotten. Nothing of a server's words is in a key. */
export function waitingSince(input: PlanInput): Record<string, number> {
  const picture = paint(input);
  const keys = [
    ...(picture.leaderless.length > 0 ? [leaderKey(picture)] : []),
    ...(picture.unreachable.length > 0 ? ['restart'] : []),
    ...(picture.storage.length > 0 ? ['storage'] : []),
    ...picture.joiners.map(({ node }) => joinKey(node)),
    ...picture.sealed.filter((sight) => tookOurSet(input, sight)).map(({ node }) => joinKey(node)),
    ...picture.sealed.filter((sight) => isForeign(input, sight)).map(({ node }) => foreignKey(node)),
  ];
  return Object.fromEntries(keys.map((key) => [key, since(input, key)]));
}

export function since({ recovery, now }: PlanInput, key: string): number {
  return Math.min(recovery.since?.[key] ?? now, now);
}

/** One more node that is up may be the one that an election waited for: its time begins anew. */
export function leaderKey({ leaderless, active }: Picture): string {
  const nodes = leaderless.map(({ node }) => node).sort();
  return `${active ? 'follow' : 'leader'}/${nodes.join(',')}`;
}

export function joinKey(node: string): string {
  return `join/${node}`;
}

/** Whatever its nonce is: a stranger who begins again and again does not put us off for ever. */
export function foreignKey(node: string): string {
  return `foreign/${node}`;
}
